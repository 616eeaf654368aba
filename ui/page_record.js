// Recording: what the microphone hears becomes a WAV file beside the message, as if it had been dropped there.
const MOST_S = 600;
let recording = null;
const wav = (sound) => {  // mono, 16 bit
  const channels = [...Array(sound.numberOfChannels).keys()].map((n) => sound.getChannelData(n));
  const bytes = new DataView(new ArrayBuffer(44 + 2 * sound.length));
  const text = (at, letters) => [...letters].forEach((letter, n) => bytes.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF"); bytes.setUint32(4, 36 + 2 * sound.length, true); text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, sound.sampleRate, true); bytes.setUint32(28, 2 * sound.sampleRate, true);
  bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true); text(36, "data"); bytes.setUint32(40, 2 * sound.length, true);
  for (let n = 0; n < sound.length; n += 1) {
    const level = channels.reduce((sum, one) => sum + one[n], 0) / channels.length;
    bytes.setInt16(44 + 2 * n, 32767 * Math.max(-1, Math.min(1, level)), true);
  }
  return bytes.buffer;
};
const recorded = async (parts) => {
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
    take([new File([wav(sound)], "recording.wav", { type: "audio/wav" })]);
    announce(`Recorded ${length(sound.duration)}; it goes with your next message`);
  } catch {
    complain("Nothing was recorded.");
  } finally {
    context.close();
  }
};
const complain = (text) => { const button = $("#sg-record"); if (button) button.title = text; announce(text); };
const record = async () => {
  if (recording) { recording.stop(); return; }
  let sound;
  try {
    sound = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  } catch {
    complain(navigator.mediaDevices ? "The microphone cannot be used: plug one in, and allow it for this page." : "Browsers record on this machine or over https only.");
    return;
  }
  const parts = [], began = Date.now();
  const show = () => {
    const button = $("#sg-record");
    button?.setAttribute("aria-pressed", Boolean(recording));
    button?.setAttribute("aria-label", recording ? "Stop recording" : "Record");
    if (button) { button.textContent = recording ? clock((Date.now() - began) / 1000) : "●"; button.title = recording ? "Stop recording" : "Record"; }
    if (recording && Date.now() - began > 1000 * MOST_S) recording.stop();
  };
  for (const other of $$("audio")) other.pause();
  for (const stop of quiet) stop();
  recording = new MediaRecorder(sound);
  recording.ondataavailable = (event) => parts.push(event.data);
  const ticks = setInterval(show, 250);
  recording.onstop = () => {
    clearInterval(ticks);
    for (const track of sound.getTracks()) track.stop();
    recording = null;
    show();
    recorded(parts);
  };
  recording.start();
  show();
  announce("Recording");
};
document.addEventListener("click", (event) => { if (event.target.closest?.("#sg-record")) record(); });
