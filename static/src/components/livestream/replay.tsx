/** A livestream's recording: its parts one after the other, with what was said and given appearing in its time. */
import { Pause, Play } from "lucide-preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Replay } from "../../api/livestream_resources";
import { useFollowedEnd } from "../../hooks/followed_end";
import { useLoaded } from "../../hooks/loading";
import { GiftMoments } from "../../livestreams/gift_moments";
import type { Livestream, LivestreamMessage } from "../../livestreams/protocol";
import { countSaid, layOut, partAt, type ReplayPart, totalSeconds, wallTimeMs } from "../../livestreams/replay_time";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Button } from "../button";
import { GiftLayer } from "../gifts/gift_layer";
import { ProblemNote, Skeleton } from "../notes";
import { Line } from "./lines";
import "../../styles/livestream_chat.css";

/** A file that cannot be played any more gets another link, but not in a circle. */
const RENEW_EVERY_MS = 30_000;
const SHOWN_MESSAGES = 200;

export default function ReplayPlayer(props: { livestream: Livestream }) {
  const { id } = props.livestream;
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.replay(id), [id]);
  if (loaded.value === null) {
    return loaded.problem === null ? (
      <Skeleton shape="page" />
    ) : (
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
    );
  }
  if (loaded.value.files.length === 0) return <p class="soft">{texts.livestreams.replayPreparing}</p>;
  return <Player {...props} replay={loaded.value} onBroken={loaded.reload} />;
}

function Player(props: { livestream: Livestream; replay: Replay; onBroken: () => Promise<void> }) {
  const { livestream, replay } = props;
  const parts = useMemo(() => layOut(replay.files), [replay]);
  const total = totalSeconds(parts);
  const video = useRef<HTMLVideoElement>(null);
  const [position, setPosition] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const renewedAt = useRef(0);
  const moments = useMemo(() => new GiftMoments(), []);
  useEffect(() => () => moments.close(), [moments]);
  const index = partAt(parts, position);
  const part = parts[index];
  const messages = useReplayMessages(livestream.id);
  const said = countSaid(messages, wallTimeMs(parts, position));
  useCelebrated(messages, said, isPlaying, moments);
  const go = (seconds: number) => setPosition(Math.min(Math.max(0, seconds), Math.max(0, total - 0.1)));
  useSeeking(video, part, position, isPlaying);
  if (part === undefined) return null;
  const toggle = () => setPlaying(!isPlaying);
  const renew = () => {
    if (Date.now() - renewedAt.current < RENEW_EVERY_MS) return setPlaying(false);
    renewedAt.current = Date.now();
    void props.onBroken();
  };
  return (
    <div class="replay">
      <div class="stack stack--tight">
        <div class="viewer-stage viewer-stage--calm">
          {/* biome-ignore lint/a11y/useMediaCaption: nobody wrote down what was said. */}
          <video
            ref={video}
            class="viewer-stage__video"
            src={part.file.url}
            playsInline
            preload="metadata"
            aria-label={texts.livestreams.replayPicture(livestream.reader.display_name)}
            onClick={toggle}
            onTimeUpdate={(event) => {
              const { currentTime, seeking } = event.currentTarget;
              if (!seeking) setPosition(part.offsetSeconds + Math.min(currentTime, part.file.seconds - 0.01));
            }}
            onEnded={() => {
              const next = parts[index + 1];
              if (next === undefined) setPlaying(false);
              else go(next.offsetSeconds);
            }}
            onError={renew}
          />
          <GiftLayer moments={moments} />
        </div>
        <div class="replay__bar">
          <Button label={isPlaying ? texts.livestreams.pause : texts.livestreams.play} onPress={toggle}>
            {isPlaying ? <Pause size={20} aria-hidden="true" /> : <Play size={20} aria-hidden="true" />}
          </Button>
          <input
            type="range"
            min={0}
            max={total}
            step={1}
            value={position}
            aria-label={texts.livestreams.position}
            aria-valuetext={formatClock(position)}
            onInput={(event) => go(event.currentTarget.valueAsNumber)}
          />
          <span class="figures">
            {formatClock(position)} / {formatClock(total)}
          </span>
        </div>
        {parts.length > 1 && <p class="faint">{texts.livestreams.replayPart(index + 1, parts.length)}</p>}
      </div>
      <Said messages={messages.slice(Math.max(0, said - SHOWN_MESSAGES), said)} />
    </div>
  );
}

/** The element follows the position where that was moved by hand, and goes on in another part where the last one ended. */
function useSeeking(
  video: { current: HTMLVideoElement | null },
  part: ReplayPart | undefined,
  position: number,
  isPlaying: boolean,
): void {
  useEffect(() => {
    const element = video.current;
    if (element === null || part === undefined) return;
    const wanted = position - part.offsetSeconds;
    if (Math.abs(element.currentTime - wanted) > 1) element.currentTime = wanted;
  }, [position, part?.file.url]);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    if (isPlaying) void element.play().catch(() => undefined);
    else element.pause();
  }, [isPlaying, part?.file.url]);
}

function Said(props: { messages: readonly LivestreamMessage[] }) {
  const { messages } = props;
  const list = useFollowedEnd(messages.at(-1)?.seq ?? 0);
  return (
    <section class="livestream-chat replay__chat card" aria-label={texts.livestreams.chat}>
      <div
        class="livestream-chat__lines"
        ref={list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={texts.livestreams.messages}
      >
        {messages.length === 0 && <p class="livestream-chat__empty">{texts.livestreams.chatOfReplay}</p>}
        {messages.map((message) => (
          <Line key={message.id} message={message} />
        ))}
      </div>
    </section>
  );
}

/** All of them, page by page. */
function useReplayMessages(livestreamId: string): readonly LivestreamMessage[] {
  const { resources } = useServices();
  const [messages, setMessages] = useState<readonly LivestreamMessage[]>([]);
  useEffect(() => {
    let isOver = false;
    const load = async () => {
      for (let after = 0; !isOver; ) {
        const { items } = await resources.livestreamMessages(livestreamId, after);
        const last = items.at(-1);
        if (last === undefined || last.seq <= after || isOver) return;
        after = last.seq;
        setMessages((known) => [...known, ...items]);
      }
    };
    // The picture is worth watching without them.
    void load().catch(() => undefined);
    return () => {
      isOver = true;
    };
  }, [livestreamId]);
  return messages;
}

/** Gifts are celebrated when the recording comes by them, and not when somebody jumps over them. */
function useCelebrated(
  messages: readonly LivestreamMessage[],
  said: number,
  isPlaying: boolean,
  moments: GiftMoments,
): void {
  const before = useRef(0);
  useEffect(() => {
    const isStep = isPlaying && said > before.current && said - before.current < 20;
    for (const { gift } of isStep ? messages.slice(before.current, said) : []) if (gift !== null) moments.hear(gift);
    before.current = said;
  }, [said, isPlaying]);
}
