/** The loudness of a track, measured only while somebody looks at it. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";

const EVERY_MS = 66;
const SAMPLES = 1_024;
/** A quiet room, and a loud voice close by, in decibels below the greatest possible. */
const QUIET_DB = -60;
const LOUD_DB = -12;

export function watchLevel(
  track: ReadonlySignal<MediaStreamTrack | null>,
  makeContext: () => AudioContext | null,
  makeStream: (track: MediaStreamTrack) => MediaStream,
): ReadonlySignal<number> {
  let stop: () => void = () => undefined;
  const level = signal(0, {
    watched() {
      const context = makeContext();
      let stopMeasuring: () => void = () => undefined;
      const stopFollowing = effect(() => {
        stopMeasuring();
        const present = track.value;
        stopMeasuring =
          context === null || present === null
            ? () => undefined
            : measure(context, makeStream(present), (value) => {
                level.value = value;
              });
      });
      stop = () => {
        stopFollowing();
        stopMeasuring();
        void context?.close().catch(() => undefined);
      };
    },
    unwatched() {
      stop();
      level.value = 0;
    },
  });
  return level;
}

function measure(context: AudioContext, stream: MediaStream, tell: (level: number) => void): () => void {
  const analyser = context.createAnalyser();
  analyser.fftSize = SAMPLES;
  let source: MediaStreamAudioSourceNode;
  try {
    source = context.createMediaStreamSource(stream);
  } catch {
    // Some browsers refuse a microphone that runs at another rate than the speaker; it is only not measured then.
    return () => undefined;
  }
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // Made before the visitor touched the page, it stands still until they did.
    if (context.state === "suspended") void context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    tell(loudness(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    tell(0);
  };
}

/** 0..1, even steps for the ear: the root mean square in decibels between a quiet room and a loud voice. */
export function loudness(samples: Float32Array): number {
  const meanSquare = samples.reduce((total, sample) => total + sample * sample, 0) / Math.max(1, samples.length);
  if (meanSquare === 0) return 0;
  const decibels = 10 * Math.log10(meanSquare);
  return Math.min(1, Math.max(0, (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}
