/** The quiet picture that viewers get while the camera is off: a late viewer and a recording need one, too. */

export interface Card {
  readonly track: MediaStreamTrack | null;
  close(): void;
}

const WIDTH = 640;
const HEIGHT = 360;
/** Often enough that a viewer who comes late has a picture within a second. */
const PAINT_EVERY_MS = 500;

/** A track without a picture, where the browser cannot paint one, is none: viewers then see the last one stand. */
export function makeCard(document: Document): Card {
  const canvas = document.createElement("canvas");
  if (typeof canvas.captureStream !== "function") return { track: null, close: () => undefined };
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const brush = canvas.getContext("2d");
  let isLighter = false;
  const paint = () => {
    if (brush === null) return;
    // Two shades that no eye tells apart: only a canvas that changes is captured again.
    isLighter = !isLighter;
    brush.fillStyle = isLighter ? "#1d161f" : "#1e1720";
    brush.fillRect(0, 0, WIDTH, HEIGHT);
    brush.fillStyle = "#f4eef3";
    brush.beginPath();
    brush.arc(WIDTH / 2, HEIGHT / 2, 9, 0, 2 * Math.PI);
    brush.arc(WIDTH / 2 - 40, HEIGHT / 2, 9, 0, 2 * Math.PI);
    brush.arc(WIDTH / 2 + 40, HEIGHT / 2, 9, 0, 2 * Math.PI);
    brush.fill();
  };
  paint();
  const [track = null] = canvas.captureStream(1_000 / PAINT_EVERY_MS).getVideoTracks();
  const timer = setInterval(paint, PAINT_EVERY_MS);
  return {
    track,
    close: () => {
      clearInterval(timer);
      track?.stop();
    },
  };
}
