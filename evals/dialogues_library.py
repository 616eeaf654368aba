"""The made-up library and recordings of the simulated world in which dialogues are held."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Track:
    """A track of the library. ``energy`` and ``acoustic`` go from 0 to 10; ``language`` None means no singing."""

    id: str
    title: str
    artist: str
    genre: str
    year: int
    bpm: float
    key: str
    duration_s: float
    energy: int
    acoustic: int
    language: str | None
    rating: float
    plays: int
    words: tuple[str, ...]
    album: str = ""

    @property
    def genres(self) -> list[str]:
        """Its genre, as an index of names wants it."""
        return [self.genre]


@dataclass(frozen=True)
class Recording:
    """A file that the user can attach; ``stems`` are what sounds in it, ``track`` what it is a recording of."""

    id: str
    title: str
    duration_s: float
    stems: tuple[str, ...]
    bpm: float | None = None
    key: str | None = None
    genre: str | None = None
    energy: int = 5
    notes: bool = False
    track: str | None = None
    words: tuple[str, ...] = field(default=())


_TABLE = """
Blue Harbor|Ida Lund Trio|jazz|1994|132|F major|214|6|8|-|4|12|swing piano trio
Corner Table|Oscar Vale|jazz|1961|118|Bb major|189|5|8|-|3|4|swing saxophone smoky bar
Paper Lanterns|Hana Mori|jazz|2018|108|C major|176|4|9|en|5|21|singer soft love
Midnight at Nine|Oscar Vale|jazz|1958|92|D minor|263|3|9|-|4|8|ballad saxophone late night slow
Rue Cler|Margot Petit|jazz|1997|144|G minor|201|6|8|fr|4|2|gypsy guitar paris singer
Low Tide Waltz|Ida Lund Trio|jazz|1996|98|A minor|287|3|9|-|5|15|piano trio calm rain waltz
Bread and Brass|The Ninth Ward|jazz|2011|168|F minor|242|9|6|-|2|0|brass party loud
Still Water|Hana Mori|jazz|2021|76|E minor|233|2|9|en|4|6|singer calm slow sad
Quiet Elevator|Oscar Vale|jazz|1963|104|G major|171|3|8|-|3|0|saxophone mellow
Fade Into Amber|Mazzy Star|indie|1993|78|A major|296|3|7|en|5|30|dream slow sad guitar
Blue Flower Road|Mazzy Star|indie|1990|96|A minor|214|5|5|en|3|9|guitar hazy
Halah Street|Mazzy Star|indie|1990|88|E major|195|4|6|en|4|7|guitar hazy melancholic
Paper Moths|Low Orchard|indie|2016|112|D major|208|5|6|en|4|11|guitar gentle warm
Gravel Summer|Low Orchard|indie|2019|138|G major|187|7|4|en|4|3|guitar summer driving happy
Kites over Leith|The Rowans|indie|2022|124|C major|222|6|5|en|5|18|guitar hopeful road
Slow Rain|Nujabes|hip hop|2003|74|D minor|305|3|5|-|5|40|calm rain piano study sample
Lantern Loop|Nujabes|hip hop|2005|90|F major|243|4|5|-|5|22|calm study sample flute
Corner Store Gospel|Big Tally|hip hop|1998|94|C minor|231|7|2|en|3|5|rap boom bap
Money on the Meter|50 Cent|hip hop|2005|97|Bb minor|209|8|1|en|2|1|rap club party
Candy Trap|50 Cent|hip hop|2003|90|C minor|193|8|1|en|3|0|rap club party
Rue du Port|MC Solenne|hip hop|2001|92|A minor|225|6|2|fr|4|4|rap french
Nuit Blanche|MC Solenne|hip hop|1999|88|E minor|240|5|2|fr|4|2|rap french night
Concrete Choir|Vanta|techno|2020|134|A minor|392|9|0|-|4|14|dark driving club
Night Shift Loop|Vanta|techno|2021|138|F minor|421|9|0|-|5|19|dark hypnotic club
Glass Turbine|Helix Nord|techno|2014|130|C minor|365|8|0|-|3|2|dark minimal
Warm Voltage|Helix Nord|techno|2017|126|D minor|344|6|0|-|4|6|melodic warm
Sunday Strobe|Kiara Bloom|house|2019|124|G minor|331|7|1|en|4|13|party happy dance singer
Terrace Heat|Kiara Bloom|house|2022|122|A minor|312|8|1|en|3|7|summer dance party
Marble Floor|DJ Oriel|house|1995|120|F minor|355|7|1|-|4|0|deep dance piano
First Snow|Clara Voss|classical|2015|62|E minor|201|1|10|-|5|33|calm piano slow winter quiet sleep
Letters Home|Clara Voss|classical|2015|58|A minor|233|2|10|-|5|17|calm piano slow sad home
Attic Light|Jun Arai|classical|2012|70|G major|188|2|10|-|4|9|calm piano gentle quiet
Hallway Sonatina|Jun Arai|classical|2009|116|D major|164|5|10|-|3|1|piano bright playful
String Weather|Aldous Kerr|classical|1988|84|C minor|412|5|10|-|3|0|strings quartet dramatic
Harbour Lights|Fen Mara|folk|1972|102|D major|198|4|10|en|4|8|guitar acoustic leaving home sea singer
Old Coat|Fen Mara|folk|1974|86|G major|221|3|10|en|5|16|guitar acoustic leaving home sad singer
Barley Road|The Rowans|folk|2013|118|A major|205|5|9|en|4|5|fiddle acoustic happy
Ferry to Nowhere|Sille Brand|folk|2018|74|E minor|244|2|10|da|4|3|guitar acoustic slow melancholic
Iron Verdict|Grave Orbit|metal|2008|172|E minor|268|10|0|en|3|2|loud angry distortion guitar
Ash Cathedral|Grave Orbit|metal|2012|88|D minor|402|8|0|en|4|4|doom slow heavy distortion
Rust Sermon|Hollow King|metal|1991|196|E minor|231|10|0|en|2|0|thrash fast distortion
Engine Hymn|The Dust Choir|rock|1978|128|A major|256|8|2|en|4|10|guitar driving road
Telegraph Hill|The Dust Choir|rock|1981|136|E major|229|8|2|en|5|24|guitar driving anthem
Broken Neon|Sister Static|rock|1996|144|G major|197|8|1|en|4|6|grunge guitar distortion
Polaroid Heart|Sister Static|rock|1998|122|C major|214|6|3|en|3|3|guitar love
Sugar on the Line|Delphine Ray|soul|1968|104|Bb major|172|6|6|en|5|27|singer brass love happy
Hold the Door Open|Delphine Ray|soul|1970|88|F major|203|4|7|en|4|12|singer ballad love slow
Velvet Hour|Marcus Teal|soul|2010|82|Eb minor|249|4|4|en|4|8|singer night smooth
Cut the Gravy|The Ninth Ward|funk|1975|110|E minor|236|9|4|-|4|9|brass party groove bass
Left Shoe Boogie|Marcus Teal|funk|1979|114|A minor|221|9|3|en|3|5|party dance groove bass
Agua de Julho|Luma Reis|bossa nova|1965|128|D major|158|3|10|pt|5|20|guitar acoustic soft summer singer
Varanda|Luma Reis|bossa nova|1967|122|F major|149|3|10|pt|4|11|guitar acoustic calm singer
Tiny Balcony|Trio Canela|bossa nova|2014|134|C major|183|4|9|-|4|4|guitar acoustic relaxed
Salt Flats|Ossian Grey|ambient|2016|60|C major|512|1|2|-|4|14|calm drone sleep space
Weather Satellite|Ossian Grey|ambient|2020|66|F major|604|1|1|-|5|10|calm sleep space quiet
Moss Signal|Aiko Tanabe|ambient|2019|72|A minor|455|2|3|-|4|3|calm nature rain
Kingston Kettle|Prince Ollie|reggae|1977|76|G minor|218|5|5|en|4|7|sun groove warm
Dub on the Sill|Prince Ollie|reggae|1981|72|A minor|284|4|3|-|3|1|dub echo bass
Gin Alley Blues|Mabel Finch|blues|1955|84|E major|176|4|9|en|4|6|guitar sad slow singer
Two Bags Packed|Mabel Finch|blues|1959|112|A major|163|6|8|en|4|3|guitar leaving home singer
Razor Tide|Subframe|drum and bass|2006|174|F minor|318|9|0|-|4|8|fast dark bass club
Liquid August|Subframe|drum and bass|2013|172|A minor|332|7|1|en|4|6|fast liquid warm
Dust on the Dial|Sola Beats|lofi|2021|80|D minor|142|2|4|-|5|26|calm study rain rhodes vinyl
Bookshop Cat|Sola Beats|lofi|2022|76|F major|131|2|4|-|4|18|calm study cosy vinyl
Tram at Dusk|Kumo|lofi|2020|84|A minor|155|3|3|-|4|9|calm night vinyl
Cellar Steps|Rufus Lane|jazz|1957|112|C minor|232|4|9|-|4|3|late night saxophone smoky
Ashtray Blue|Rufus Lane|jazz|1959|84|G minor|274|2|9|-|5|7|late night ballad slow mellow
Window Seat|Rufus Lane|jazz|1962|120|Eb major|205|4|9|-|3|0|piano mellow
Last Tram Home|The Ellery Five|jazz|1960|96|A minor|248|3|9|-|4|5|late night trumpet quiet
Seven Past Two|The Ellery Five|jazz|1964|140|F major|221|6|9|-|3|1|trumpet swing
Half a Cigarette|The Ellery Five|jazz|1966|78|D minor|301|2|9|-|4|2|late night trumpet slow
Grey Pavement|Lotte Hein|jazz|1967|88|E minor|259|3|9|-|3|0|piano rain mellow
Hotel Corridor|Lotte Hein|jazz|1969|104|Bb major|217|4|9|-|4|6|piano late night
Copper Room|Helix Nord|techno|2015|129|G minor|376|8|0|-|4|3|dark minimal
Under the Viaduct|Vanta|techno|2018|132|C minor|401|9|0|-|3|1|dark driving
Blackout Etude|Orsk|techno|2012|128|E minor|388|8|0|-|4|9|dark hypnotic
Ember Grid|Orsk|techno|2016|131|A minor|352|7|0|-|5|12|dark warm melodic
Slow Furnace|Orsk|techno|2019|127|D minor|410|6|0|-|3|0|warm deep
Tunnel Garden|Mira Falk|techno|2021|130|F major|367|7|0|-|4|4|melodic warm club
Pale Machine|Mira Falk|techno|2022|133|B minor|395|8|0|-|3|2|dark minimal
Les Toits|MC Solenne|hip hop|2003|94|G minor|214|6|2|fr|4|3|rap french
Porte Douze|Rayan K|hip hop|2011|86|D minor|202|7|1|fr|3|1|rap french night
Second Shift|Big Tally|hip hop|2002|92|E minor|218|6|2|en|4|4|rap boom bap
Northbound|Kestrel Jay|hip hop|2009|88|A minor|226|5|2|en|4|6|rap calm
Everyday Weather|Kestrel Jay|hip hop|2014|96|F minor|211|6|2|en|3|2|rap warm
Tin Roof Season|Low Orchard|indie|1998|92|A minor|236|4|6|en|4|5|guitar rain melancholic
Postcard Static|Junebug Parade|indie|1995|104|G major|203|5|5|en|4|8|guitar hazy dream
Half Asleep in Oslo|Junebug Parade|indie|1997|82|D major|257|3|6|en|5|11|guitar dream slow sad
Copper Kettle Sky|Anna Vale|folk|1976|90|C major|215|3|10|en|4|4|guitar acoustic leaving home singer
Letter from Cork|Anna Vale|folk|1971|78|A minor|239|3|10|en|3|1|guitar acoustic leaving home sad
Miles of Wire|Tom Harrow|folk|1969|96|G major|194|4|10|en|4|2|guitar acoustic home road
Basement Sun|Delphine Ray|soul|1972|96|A minor|207|5|6|en|4|5|singer groove warm
Porchlight|The Amber Sisters|soul|1969|92|G major|184|5|6|en|4|9|singer harmony warm
Don't Count the Days|The Amber Sisters|soul|1974|84|E minor|226|4|6|en|3|2|singer ballad slow
Ice Shelf|Ossian Grey|ambient|2022|60|D minor|640|1|1|-|4|3|calm drone sleep
Night Nurse Radio|Aiko Tanabe|ambient|2021|64|G major|520|1|2|-|4|5|calm sleep quiet warm
Lichen Map|Aiko Tanabe|ambient|2017|70|E minor|488|2|3|-|3|0|calm nature sleep
Neon Holiday|Casa Verde|house|1988|118|A minor|338|7|1|en|4|4|dance happy party
Last Bus to Ibiza|Casa Verde|house|1991|122|C major|322|7|1|-|3|3|dance party summer
Mirrorball Theory|Lana Quartz|house|1986|116|F major|305|7|1|-|4|7|dance party disco
Roller Rink|Lana Quartz|house|1989|120|D minor|291|8|1|en|4|6|dance happy disco
Night Porter|Rufus Lane|jazz|1961|92|F minor|243|3|9|-|4|2|late night saxophone ballad
Empty Chairs Club|Lotte Hein|jazz|1965|80|C minor|266|2|9|-|3|1|late night piano slow
Two Cents Short|The Ellery Five|jazz|1959|132|Bb major|198|5|9|-|3|0|trumpet swing
Fog on the Bridge|Wendell Ash|jazz|1963|76|D minor|312|2|9|-|5|8|guitar slow mellow
Third Encore|Wendell Ash|jazz|1968|108|G major|227|4|9|-|4|3|guitar late night
Velour|Wendell Ash|jazz|1966|96|Eb major|239|3|9|-|3|2|guitar mellow
Iron Lung City|Orsk|techno|2022|130|F minor|384|9|0|-|3|1|dark driving
Grid Failure|Tessel|techno|2018|128|A minor|399|8|0|-|4|5|dark hypnotic
Amber Relay|Tessel|techno|2020|129|D minor|371|7|0|-|4|6|warm melodic
Nocturne Machine|Tessel|techno|2021|134|C minor|415|8|0|-|3|0|dark minimal
Last Platform|Mira Falk|techno|2023|127|E minor|360|7|0|-|4|2|dark warm
Copper Dawn|Mira Falk|techno|2019|131|G minor|347|7|0|-|3|3|warm club
Far Lighthouse|Hollis Wren|ambient|2014|62|A minor|702|1|2|-|4|6|calm drone sleep
Under Snow|Hollis Wren|ambient|2018|60|F major|655|1|3|-|4|4|calm quiet sleep
Slow Tide Room|Hollis Wren|ambient|2023|64|C minor|590|1|2|-|3|1|calm sleep warm
"""


def _track(number: int, line: str) -> Track:
    title, artist, genre, year, bpm, key, seconds, energy, acoustic, language, rating, plays, words = line.split("|")
    return Track(
        f"t{number:02d}", title, artist, genre, int(year), float(bpm), key, float(seconds), int(energy), int(acoustic),
        None if language == "-" else language, float(rating), int(plays), tuple(words.split()),
    )  # fmt: skip


LIBRARY: tuple[Track, ...] = tuple(_track(n, line) for n, line in enumerate(_TABLE.strip().splitlines(), 1))
RECORDINGS: tuple[Recording, ...] = (
    Recording("r1", "evening_train.flac", 210.0, ("vocals", "drums", "bass", "guitar", "piano"), 118.0, "A minor", "rock", 6),
    Recording("r2", "rehearsal_take.wav", 184.0, ("drums", "bass", "guitar", "vocals"), 96.0, "G major", "indie", 5),
    Recording("r3", "hum.m4a", 9.0, ("vocals",), 88.0, "D minor", None, 2),
    Recording("r4", "cafe_snippet.mp3", 24.0, ("piano", "bass", "drums"), 98.0, "A minor", "jazz", 3, track="t06"),
    Recording("r5", "vocals.wav", 64.0, ("vocals",), 120.0, "C minor", None, 4),
    Recording("r6", "beat.wav", 64.0, ("drums", "bass"), 120.0, "C minor", "house", 7),
    Recording("r7", "chords.mid", 32.0, ("piano",), 100.0, "F major", None, 4, notes=True),
    Recording("r8", "scene.mp4", 62.0, ("other",), None, None, None, 3),
    Recording("r9", "grandma_piano.mp3", 141.0, ("piano",), 72.0, "Eb major", "classical", 2),
    Recording("r10", "demo_slow.wav", 120.0, ("vocals", "guitar"), 70.0, "E minor", "folk", 3),
    Recording("r11", "demo_fast.wav", 95.0, ("vocals", "drums", "guitar", "bass"), 140.0, "E minor", "punk", 9),
)  # fmt: skip
