// The live mixer: the stems of one piece in step, each with mute, solo and level, on WebAudio.
const MOST_BYTES = 600e6;  // of decoded stems held in memory
const FLOOR_DB = -40;  // the slider's lowest step is silence

class Mixer {
  constructor(stems, seconds, changed) {
    this.stems = stems.map((stem) => ({ ...stem, mute: false, solo: false, db: 0 }));
    this.seconds = seconds;
    this.changed = changed;
    this.playing = false;
    this.at = 0;
    this.loading = null;
    this.loaded = false;
  }

  load(progress) {
    this.loading ??= this.#load(progress).catch((error) => { this.loading = null; throw error; });
    return this.loading;
  }

  async #load(progress) {
    // Long pieces are held at half the rate rather than not at all.
    const rate = this.seconds * this.stems.length * 2 * 4 * 44100 > MOST_BYTES ? 22050 : 44100;
    this.context = new AudioContext({ sampleRate: rate });
    this.master = this.context.createGain();
    this.master.connect(this.context.destination);
    let done = 0;
    await Promise.all(this.stems.map(async (stem) => {
      const answer = await fetch(`/artifacts/${stem.id}`);
      if (!answer.ok) throw new Error(`stem ${stem.name}: ${answer.status}`);
      stem.buffer = await this.context.decodeAudioData(await answer.arrayBuffer());
      stem.gain = this.context.createGain();
      stem.gain.connect(this.master);
      done += 1;
      progress(done, this.stems.length);
    }));
    this.loaded = true;
    this.#set(0);
  }

  heard(stem) {
    const soloed = this.stems.some((one) => one.solo);
    return !stem.mute && (!soloed || stem.solo) && stem.db > FLOOR_DB;
  }

  set(name, change) {
    Object.assign(this.stems.find((stem) => stem.name === name), change);
    if (this.loaded) this.#set(0.02);
    this.changed();
  }

  #set(over) {
    for (const stem of this.stems) {
      const gain = this.heard(stem) ? 10 ** (stem.db / 20) : 0;
      stem.gain.gain.setTargetAtTime(gain, this.context.currentTime, over / 3 || 0.001);
    }
  }

  get time() {
    const now = this.playing ? this.context.currentTime - this.began : this.at;
    return Math.min(now, this.seconds);
  }

  play(from = this.at) {
    this.#end();
    for (const quietOne of quiet) quietOne(this);
    for (const other of $$("audio")) other.pause();
    this.context.resume();
    const start = this.context.currentTime + 0.05;
    for (const stem of this.stems) {
      stem.source = this.context.createBufferSource();
      stem.source.buffer = stem.buffer;
      stem.source.connect(stem.gain);
      stem.source.start(start, Math.min(from, stem.buffer.duration));
    }
    this.stems[0].source.onended = () => { if (this.playing && this.time >= this.seconds - 0.2) { this.pause(); this.at = 0; this.changed(); } };
    this.began = start - from;
    this.playing = true;
    this.changed();
  }

  pause() {
    if (!this.playing) return;
    this.at = this.time;
    this.playing = false;
    this.#end();
    this.changed();
  }

  seek(to) {
    this.at = Math.max(0, Math.min(this.seconds, to));
    if (this.playing) this.play(this.at); else this.changed();
  }

  #end() {
    for (const stem of this.stems) {
      if (!stem.source) continue;
      stem.source.onended = null;
      stem.source.stop();
      stem.source.disconnect();
      stem.source = null;
    }
  }

  close() {
    this.pause();
    this.context?.close();
  }

  // The mix as one would ask for it, or nothing where it is as it was.
  words() {
    const off = this.stems.filter((stem) => !this.heard(stem)).map((stem) => stem.name);
    const parts = off.length ? [`remove the ${off.length > 1 ? `${off.slice(0, -1).join(", the ")} and the ` : ""}${off[off.length - 1]}`] : [];
    for (const stem of this.stems) {
      if (this.heard(stem) && Math.abs(stem.db) >= 0.5) parts.push(`turn the ${stem.name} ${stem.db > 0 ? "up" : "down"} by ${Math.abs(stem.db)} dB`);
    }
    return parts.join(" and ");
  }
}
