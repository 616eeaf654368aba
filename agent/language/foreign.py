"""Requests in Italian, French, German and Spanish: the common words are put into English first.

Word by word is enough here: what follows reads words, not grammar. Only a message that clearly is in one
of these languages is touched, so that English words and names stay as they are.
"""

import re
from functools import lru_cache
from itertools import pairwise

from segue.tools.core.vocabulary import words_of

# English | Italian | French | German | Spanish (alternatives with "/"); "-" where there is none.
_TABLE = """
find | trova/trovami/cerca/cercami/dammi/suonami/metti/fammi sentire | trouve/trouve moi/cherche/cherche moi/donne moi/joue/mets/propose | finde/such/suche/gib mir/zeig mir/zeig/spiel/spiele | encuentra/busca/buscame/dame/ponme/pon/muestrame
make | crea/genera/fai/fammi/componi | cree/crée/fais/fais moi/genere/compose | mach/mache/erstelle/erzeuge/komponiere/mach mir | crea/haz/hazme/genera/compon
remove | togli/rimuovi/elimina/leva | enleve/enlève/supprime/retire/ote | entferne/lösche/nimm weg/weg mit | quita/elimina/borra
add | aggiungi | ajoute | füge hinzu/fuge hinzu/ergänze | añade/anade/agrega
describe | descrivi/descrivimi | decris/décris | beschreibe/beschreib | describe/describeme
transcribe | trascrivi | transcris | transkribiere/schreib auf | transcribe
save | salva/esporta | enregistre/exporte/sauvegarde | speichere/exportiere | guarda/exporta
extend | allunga/estendi | allonge/prolonge | verlängere | alarga/extiende
replace | sostituisci/cambia | remplace | ersetze/tausche | reemplaza/cambia/sustituye
undo | annulla | annule | mach rückgängig/rückgängig | deshaz/deshacer
stop | ferma/fermati | arrete/arrête | stopp/halt an | detente
vocals | canto/voce/voci/parole cantate | chant/voix/chanteur/chanteuse | gesang/stimme/stimmen/sänger | voz/voces/canto/cantante
the drums | la batteria/le percussioni/batteria | la batterie/batterie | das schlagzeug/schlagzeug/die drums | la bateria/la batería/bateria
the vocals | la voce/le voci/il cantato | la voix/le chant/les voix | den gesang/die stimme/der gesang/gesang | la voz/las voces
the bass | il basso | la basse | den bass/der bass | el bajo
the guitar | la chitarra/le chitarre | la guitare | die gitarre | la guitarra
the piano | il pianoforte | le piano | das klavier/klavier/den flügel | el piano
songs | canzoni/canzone/brani/brano/musica | chansons/chanson/morceaux/musique/titres | lieder/lied/musik/songs/stücke | canciones/cancion/canción/musica/música/temas
something | qualcosa/qualche cosa | quelque chose | etwas/irgendwas | algo
relaxing | rilassante/rilassanti/rilassata | relaxant/relaxante/relaxants/relaxantes/detente/apaisante | entspannt/entspannte/entspannend/entspannende/entspannendes/ruhige/ruhiges | relajante/relajantes/tranquila/tranquilas
calm | calmo/calma/calmi/tranquillo/tranquilla | calme/calmes/doux/douce/douces/tranquille | ruhig/ruhiger | tranquilo/calmado
sad | triste/tristi | triste/tristes | traurig/traurige/trauriges | triste/tristes
happy | allegro/allegra/allegre/felice/allegri | joyeux/joyeuse/gai/heureux | fröhlich/fröhliche/fröhliches/glücklich | alegre/alegres/feliz
fast | veloce/veloci | rapide/rapides | schnell/schnelle/schnelles | rapido/rápido/rapida/rápida
faster | più veloce/piu veloce | plus vite/plus rapide | schneller | más rápido/mas rapido/mas rapida
slow | lento/lenta/lenti/lente | lent/lente/lents | langsam/langsame/langsames | lento/lenta/lentas
slower | più lento/piu lento/più lenta/piu lenta | plus lent/plus lentement | langsamer | más lento/mas lento/mas lenta
louder | più forte/piu forte | plus fort | lauter | más alto/mas alto/mas fuerte
quieter | più piano/piu piano | moins fort/plus doucement | leiser | más bajo/mas bajo
more | più/piu/ancora | plus/davantage | mehr | más/mas
less | meno | moins | weniger | menos
for studying | per studiare | pour etudier/pour étudier/pour travailler | zum lernen/zum arbeiten/fürs lernen | para estudiar/para trabajar
for sleeping | per dormire | pour dormir | zum einschlafen/zum schlafen | para dormir
for running | per correre | pour courir | zum laufen/zum joggen | para correr
for dancing | per ballare/da ballare | pour danser/à danser | zum tanzen | para bailar
for breakfast | per la colazione | pour le petit déjeuner | zum frühstück | para el desayuno
for cooking | per cucinare | pour cuisiner | zum kochen | para cocinar
party | festa | fete/fête | feier/party | fiesta
for | per | pour | für/zum | para
without | senza | sans | ohne | sin
with | con | avec | mit | con
and | e/ed | et | und | y
then | poi/dopo | puis/ensuite | dann/danach | luego/despues/después
but | ma/però | mais | aber | pero
not | non | pas/ne | nicht | no
no | nessun/nessuna | aucun/aucune | kein/keine/keinen | ningun/ninguna
this | questo/questa/questi/queste | ce/cet/cette/ceci/ça/ces | dies/diese/dieses/diesen/das hier | este/esta/esto/estas/estos
it | lo | - | es | -
the | il/lo/la/gli/le/i | le/la/les | der/die/das/den/dem | el/la/los/las
a | un/una/uno | un/une | ein/eine/einen/ein bisschen | un/una
in | in/nel/nella | en/dans | in/im | en
of | di/del/della/dei/delle | de/du/des | von/vom | de/del
by | - | par | - | por
like | come/tipo | comme | wie | como
similar to | simile a/simili a | similaire a/similaires à/semblable à | ähnlich wie | parecido a/similar a
what is | che cos'è/cos'è/cosa è/qual è/che | quel est/quelle est/qu'est-ce que/c'est quoi | was ist/welche/welcher | cual es/cuál es/que es/qué es
key | tonalità/tonalita | tonalité/tonalite | tonart | tonalidad
tempo | tempo/velocità | tempo/vitesse | tempo | tempo/velocidad
chords | accordi | accords | akkorde | acordes
lyrics | testo/parole | paroles | songtext/liedtext | letra
minutes | minuti/minuto | minutes | minuten/minute | minutos/minuto
seconds | secondi/secondo | secondes | sekunden/sekunde | segundos/segundo
piano | pianoforte | piano | klavier | piano
guitar | chitarra | guitare | gitarre | guitarra
strings | archi | cordes | streicher | cuerdas
from the eighties | anni 80/anni ottanta | annees 80/années 80 | aus den 80ern/80er | de los 80/años 80
from the nineties | anni 90/anni novanta | annees 90/années 90 | aus den 90ern/90er | de los 90/años 90
please | per favore | s'il te plait/s'il vous plaît/svp | bitte | por favor
me | mi | moi | mir | me
i want | voglio/vorrei | je veux/je voudrais | ich will/ich möchte/ich hätte gern | quiero/quisiera
hello | ciao/buongiorno | bonjour/salut | hallo/guten tag | hola
thanks | grazie | merci | danke | gracias
"""  # fmt: skip
# Words that no English message has: one of them, with most words known, settles the language.
_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "of",
        "to",
        "is",
        "it",
        "in",
        "for",
        "with",
        "me",
        "my",
        "i",
        "you",
        "this",
        "that",
        "these",
        "make",
        "find",
        "play",
        "give",
        "like",
        "some",
        "something",
        "remove",
        "add",
        "from",
        "what",
        "music",
        "song",
        "songs",
        "more",
        "less",
        "please",
        "can",
        "could",
        "on",
        "at",
        "by",
        "not",
        "do",
    ]
)


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], ...]:
    tables: list[dict[str, str]] = [{}, {}, {}, {}]
    for line in _TABLE.strip().splitlines():
        english, *others = (cell.strip() for cell in line.split("|"))
        for table, cell in zip(tables, others, strict=True):
            for word in cell.split("/"):
                if word.strip() != "-":
                    table.setdefault(" ".join(w.plain for w in words_of(word)), english)
    return tuple(tables)


def translated(text: str) -> str:
    """Return a message with its common foreign words in English; an English one comes back unchanged.

    >>> translated("canzoni rilassanti per studiare")
    'songs relaxing for studying'
    """
    plain = [word.plain for word in words_of(text)]
    if len(plain) < 2:
        return text
    english = sum(word in _ENGLISH for word in plain)
    best = max(_tables(), key=lambda table: _hits(plain, table))
    hits = _hits(plain, best)
    foreign_only = sum(word in best and word not in _ENGLISH for word in plain)
    if hits < 2 or foreign_only * 2 <= len(plain) * 0.6 or foreign_only <= english:
        return text
    return _replaced(text, best)


def _hits(plain: list[str], table: dict[str, str]) -> int:
    pairs = [" ".join(pair) for pair in pairwise(plain)]
    return sum(word in table for word in plain) + sum(pair in table for pair in pairs)


def _replaced(text: str, table: dict[str, str]) -> str:
    words = words_of(text)
    out: list[str] = []
    at, last = 0, 0
    while at < len(words):
        for size in (4, 3, 2, 1):
            phrase = " ".join(word.plain for word in words[at : at + size])
            if at + size <= len(words) and phrase in table:
                out += [text[last : words[at].start], table[phrase]]
                last = words[at + size - 1].end
                at += size
                break
        else:
            at += 1
    out.append(text[last:])
    return re.sub(r"\s+", " ", "".join(out)).strip()
