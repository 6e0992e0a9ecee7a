/** Beeps (only where asked for) and vibration (where the device has it), so that nobody must look at the screen. */

const TONES = { second: [660, 0.08], record: [990, 0.35], rest: [440, 0.35], done: [880, 0.6] };
const SHAKES = { second: 40, record: 250, rest: [120, 80, 120], done: [200, 100, 200, 100, 400] };

export class Signals {
  /** Make it inside a tap: browsers let a page sound only then. */
  constructor(hasSound) {
    this.audio = hasSound ? new AudioContext() : null;
    this.last = null;
  }

  /** Once for each second of a countdown. */
  second(left) {
    if (left === this.last || left < 1) return;
    this.last = left;
    this.give("second");
  }

  /** A phase began. */
  phase(name) {
    this.last = null;
    if (name in TONES) this.give(name);
  }

  give(what) {
    navigator.vibrate?.(SHAKES[what]);
    if (!this.audio) return;
    const [pitch, seconds] = TONES[what];
    const tone = this.audio.createOscillator();
    const volume = this.audio.createGain();
    const now = this.audio.currentTime;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + seconds);
    tone.connect(volume).connect(this.audio.destination);
    tone.start(now);
    tone.stop(now + seconds);
  }
}
