// Record in the browser instead of choosing a file. The recording becomes a WAV file in the form's own file
// field (phone companies play no other format that browsers can make), and goes out with the form as ever.
"use strict";

const RATE = 16000; // hertz: as good as a phone call gets, and two minutes stay below four megabytes

function wav(samples) {
  const data = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, letters) => {
    for (let i = 0; i < letters.length; i += 1) {
      data.setUint8(at + i, letters.charCodeAt(i));
    }
  };
  text(0, "RIFF");
  data.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  data.setUint32(16, 16, true);
  data.setUint16(20, 1, true);
  data.setUint16(22, 1, true);
  data.setUint32(24, RATE, true);
  data.setUint32(28, RATE * 2, true);
  data.setUint16(32, 2, true);
  data.setUint16(34, 16, true);
  text(36, "data");
  data.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i += 1) {
    const loud = Math.max(-1, Math.min(1, samples[i]));
    data.setInt16(44 + i * 2, loud * (loud < 0 ? 0x8000 : 0x7fff), true);
  }
  return new Blob([data], { type: "audio/wav" });
}

async function mono(blob) {
  const context = new AudioContext();
  const heard = await context.decodeAudioData(await blob.arrayBuffer());
  await context.close();
  const offline = new OfflineAudioContext(1, Math.ceil(heard.duration * RATE), RATE);
  const source = offline.createBufferSource();
  source.buffer = heard;
  source.connect(offline.destination);
  source.start();
  return offline.startRendering();
}

function recorder(box) {
  const input = document.getElementById(box.dataset.input);
  const longest = Number(box.dataset.seconds);
  const [start, stop, listen] = ["start", "stop", "listen"].map((name) =>
    box.querySelector(`[data-do="${name}"]`),
  );
  const told = box.querySelector("[data-told]");
  let running = null;
  let sound = null;
  let ticking = 0;

  const say = (words) => {
    told.textContent = words;
  };
  const time = (seconds) =>
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  async function begin() {
    let microphone;
    try {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      say(box.dataset.refused);
      return;
    }
    const parts = [];
    running = new MediaRecorder(microphone);
    running.ondataavailable = (event) => parts.push(event.data);
    running.onstop = async () => {
      microphone.getTracks().forEach((track) => track.stop());
      clearInterval(ticking);
      start.hidden = false;
      stop.hidden = true;
      try {
        sound = await mono(new Blob(parts, { type: running.mimeType }));
      } catch {
        say(box.dataset.failed);
        return;
      }
      const files = new DataTransfer();
      const file = new File([wav(sound.getChannelData(0))], "recording.wav", { type: "audio/wav" });
      files.items.add(file);
      input.files = files.files;
      listen.hidden = false;
      say(`${box.dataset.done} ${time(sound.duration)}`);
      start.focus();
    };
    running.start();
    start.hidden = true;
    stop.hidden = false;
    listen.hidden = true;
    stop.focus();
    const since = Date.now();
    say(`${box.dataset.running} 0:00`);
    ticking = setInterval(() => {
      const gone = (Date.now() - since) / 1000;
      // Read out at the end only: a voice that counts seconds would be on the recording.
      told.firstChild.data = `${box.dataset.running} ${time(gone)}`;
      if (gone >= longest) {
        running.stop();
      }
    }, 500);
  }

  start.addEventListener("click", begin);
  stop.addEventListener("click", () => running && running.state === "recording" && running.stop());
  listen.addEventListener("click", async () => {
    const context = new AudioContext();
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.onended = () => context.close();
    source.start();
  });
  box.hidden = false;
}

document.addEventListener("DOMContentLoaded", () => {
  const able =
    window.MediaRecorder && window.OfflineAudioContext && navigator.mediaDevices && window.DataTransfer;
  const box = document.querySelector("[data-recorder]");
  if (able && box) {
    recorder(box);
  }
});
