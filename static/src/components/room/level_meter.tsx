/** How loud the microphone hears its owner. */
import { useEffect, useRef } from "preact/hooks";
import type { Devices } from "../../media/types";
import { texts } from "../../texts";

export function LevelMeter(props: { devices: Devices }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(
    // Fifteen times a second: straight to the element, past the rendering.
    () => props.devices.level.subscribe((level) => bar.current?.style.setProperty("--level", level.toFixed(3))),
    [props.devices],
  );
  return (
    <div class="level">
      <span class="level__track" role="img" aria-label={texts.calls.level}>
        <span class="level__bar" ref={bar} />
      </span>
      <span class="faint device-check__hint">{texts.calls.levelHint}</span>
    </div>
  );
}
