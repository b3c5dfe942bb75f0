/** How good the network between the two is, measured; in a word and a picture of it. */
import type { CallStage, Quality } from "../../media/types";
import { texts } from "../../texts";
import { formatNumber } from "../../texts/formats";

const BARS = { good: 3, fair: 2, poor: 1, unknown: 0 };

export function QualitySign(props: { quality: Quality; stage: CallStage }) {
  const { level } = props.quality;
  if (props.stage !== "connected") return null;
  return (
    <span class={`stage__sign stage__sign--${level}`} role="status">
      <Bars filled={BARS[level]} />
      <span class="for-screen-readers">{texts.calls.quality[level]}</span>
      <span aria-hidden="true">{texts.calls.qualityShort[level]}</span>
    </span>
  );
}

function Bars(props: { filled: number }) {
  return (
    <svg width="16" height="14" viewBox="0 0 16 14" fill="currentColor" aria-hidden="true">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={bar * 6}
          y={8 - bar * 4}
          width="4"
          height={6 + bar * 4}
          rx="1"
          opacity={bar < props.filled ? 1 : 0.3}
        />
      ))}
    </svg>
  );
}

export function QualityDetails(props: { quality: Quality }) {
  const { level, roundTripMs, lossPercent, receivedKbps, sentKbps, isRelayed } = props.quality;
  const lines = [
    roundTripMs === null ? null : texts.calls.roundTrip(formatNumber(roundTripMs)),
    lossPercent === null ? null : texts.calls.loss(formatNumber(lossPercent, 1)),
    receivedKbps === null ? null : texts.calls.received(formatNumber(receivedKbps)),
    sentKbps === null ? null : texts.calls.sent(formatNumber(sentKbps)),
    isRelayed === null ? null : isRelayed ? texts.calls.relayed : texts.calls.direct,
  ].filter((line) => line !== null);
  return (
    <section class="stack stack--tight">
      <h3>{texts.calls.details}</h3>
      <p>{texts.calls.quality[level]}</p>
      <ul class="faint figures">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
