/**
 * Speaks counts and cues with a voice of this device; a newer word takes the place of one that waits.
 *
 *   const voice = new Voice(document.documentElement.lang);   voice.say("3");   voice.quiet();
 *
 * Only voices that run on the device are used: others would send the words away. Without one it stays silent.
 */
export class Voice {
  constructor(language) {
    this.language = (language || "en").slice(0, 2);
    this.synthesis = globalThis.speechSynthesis ?? null;
    this.isOn = true;
  }

  get voice() {
    const here = this.synthesis?.getVoices().filter((one) => one.localService) ?? [];
    return here.find((one) => one.lang.startsWith(this.language)) ?? null;
  }

  say(words) {
    const { voice } = this;
    if (!this.isOn || !voice || !words) return;
    this.synthesis.cancel();
    const utterance = new SpeechSynthesisUtterance(words);
    Object.assign(utterance, { voice, lang: voice.lang, rate: 1.1 });
    this.synthesis.speak(utterance);
  }

  quiet() {
    this.synthesis?.cancel();
  }
}
