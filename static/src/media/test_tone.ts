/** A short sound made by the browser itself, to hear whether the right speaker is chosen. */

const TONE_SECONDS = 0.9;
const TONE_HZ = [523.25, 659.25];
const PEAK = 0.2;

/** Plays on the speaker of that id, null for the usual one, and waits for its end. Throws what the browser throws. */
export async function playTone(browser: Window & typeof globalThis, speakerId: string | null): Promise<void> {
  const context = new browser.AudioContext();
  const element = new browser.Audio();
  try {
    const destination = context.createMediaStreamDestination();
    TONE_HZ.forEach((frequency, index) => {
      const startsAt = context.currentTime + index * (TONE_SECONDS / 3);
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, startsAt);
      volume.gain.exponentialRampToValueAtTime(PEAK, startsAt + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, startsAt + TONE_SECONDS / 2);
      tone.connect(volume).connect(destination);
      tone.start(startsAt);
      tone.stop(startsAt + TONE_SECONDS / 2);
    });
    element.srcObject = destination.stream;
    if (speakerId !== null && typeof element.setSinkId === "function") await element.setSinkId(speakerId);
    await element.play();
    await new Promise((resolve) => setTimeout(resolve, TONE_SECONDS * 1_000));
  } finally {
    element.pause();
    element.srcObject = null;
    await context.close();
  }
}
