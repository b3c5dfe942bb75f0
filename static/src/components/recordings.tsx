/** A consultation's recordings: both sides played in step, and their files to keep. */
import { Download, Pause, Play } from "lucide-preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLoaded } from "../hooks/loading";
import { type Piece, Together } from "../media/together";
import type { Consultation, ListedRecordingView, PlayableFileView } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatClock, formatDateTime } from "../texts/formats";
import { Button } from "./button";
import { ProblemNote } from "./notes";
import "../styles/recordings.css";

/** Links are renewed when a file cannot be played any more, but not in a circle. */
const RENEW_EVERY_MS = 30_000;
const STORED_LOOK_MS = 3_000;
const STORED_WITHIN_MS = 15 * 60_000;

export function Recordings(props: { consultation: Consultation; ownId: string }) {
  const { consultation } = props;
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.recordings(consultation.id), [consultation.id]);
  const renewedAt = useRef(0);
  const items = loaded.value?.items ?? [];
  const isStoring = items.some(
    (item) => item.state === "stopped" && item.files.length === 0 && !isExpired(item) && !isEmpty(item),
  );
  useEffect(() => {
    if (!isStoring) return undefined;
    const timer = setTimeout(() => void loaded.reload(), STORED_LOOK_MS);
    return () => clearTimeout(timer);
  }, [isStoring, loaded.value]);
  const renew = () => {
    if (Date.now() - renewedAt.current < RENEW_EVERY_MS) return;
    renewedAt.current = Date.now();
    void loaded.reload();
  };
  if (items.length === 0 && loaded.problem === null) return null;
  return (
    <section class="card stack">
      <h2>{texts.recordings.title}</h2>
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {items.map((item) => (
        <OneRecording key={item.id} {...props} recording={item} onBroken={renew} />
      ))}
    </section>
  );
}

/** Its files are gone. */
function isExpired({ expires_at }: ListedRecordingView): boolean {
  return expires_at !== null && Date.parse(expires_at) <= Date.now();
}

/** Nothing was received, or where it was written has been gone for long. */
function isEmpty({ started_at, stopped_at }: ListedRecordingView): boolean {
  return started_at === null || (stopped_at !== null && Date.now() - Date.parse(stopped_at) > STORED_WITHIN_MS);
}

interface RecordingProps {
  consultation: Consultation;
  ownId: string;
  recording: ListedRecordingView;
  onBroken: () => void;
}

function OneRecording(props: RecordingProps) {
  const { recording } = props;
  const { files } = recording;
  return (
    <article class="stack stack--tight">
      <h3>{formatDateTime(recording.started_at ?? recording.asked_at)}</h3>
      {files.length === 0 ? (
        <p class="soft">{emptyText(recording)}</p>
      ) : (
        <>
          <Player {...props} />
          <ul class="stack stack--tight">
            {files.map((file) => (
              <li key={`${file.side} ${file.part}`}>
                <a class="button button--quiet" href={file.download_url} download>
                  <Download size={18} aria-hidden="true" />
                  {texts.recordings.download(
                    nameOf(props, file.side),
                    files.some((other) => other.side === file.side && other.part > 1) ? file.part : null,
                    texts.recordings.megabytes(file.bytes),
                  )}
                </a>
              </li>
            ))}
          </ul>
          <p class="soft">
            {recording.expires_at === null
              ? texts.recordings.untilDeleted
              : texts.recordings.untilWhen(formatDateTime(recording.expires_at))}
          </p>
        </>
      )}
    </article>
  );
}

function emptyText(recording: ListedRecordingView): string {
  if (recording.state !== "stopped") return texts.recordings.recording;
  if (isExpired(recording)) return texts.recordings.deleted;
  return isEmpty(recording) ? texts.recordings.nothing : texts.recordings.notStored;
}

function nameOf({ consultation, ownId }: RecordingProps, side: PlayableFileView["side"]): string {
  const person = consultation[side];
  return person.id === ownId ? texts.recordings.mine : person.display_name;
}

function Player(props: RecordingProps) {
  const { files } = props.recording;
  const key = files.map(({ side, part, seconds }) => `${side}.${part}.${seconds}`).join(" ");
  const total = Math.max(...files.map((file) => file.offset_seconds + file.seconds));
  const together = useMemo(() => new Together(total), [key]);
  const elements = useRef(new Map<string, HTMLMediaElement>());
  useEffect(() => {
    const pieces: Piece[] = files.flatMap((file) => {
      const element = elements.current.get(`${file.side}.${file.part}`);
      return element ? [{ element, offsetSeconds: file.offset_seconds, seconds: file.seconds }] : [];
    });
    together.setPieces(pieces);
    return () => together.close();
  }, [together]);
  const at = together.position.value;
  const isPlaying = together.isPlaying.value;
  const sides = (["client", "reader"] as const).filter((side) => files.some((file) => file.side === side));
  return (
    <div class="together">
      <div class="together__sides">
        {sides.map((side) => (
          <figure key={side} class="together__side">
            <div class="together__screen">
              {files
                .filter((file) => file.side === side)
                .map((file) => (
                  // Captions would need somebody to write down what was said.
                  // biome-ignore lint/a11y/useMediaCaption: there are none
                  <video
                    key={file.part}
                    ref={(element) => {
                      const name = `${file.side}.${file.part}`;
                      if (element === null) elements.current.delete(name);
                      else elements.current.set(name, element);
                    }}
                    src={file.play_url}
                    preload="metadata"
                    playsInline
                    hidden={!isShown(file, at, files)}
                    aria-label={texts.recordings.pictureOf(nameOf(props, side))}
                    onError={props.onBroken}
                  />
                ))}
            </div>
            <figcaption class="soft">
              {files.some((file) => file.side === side && file.has_video)
                ? nameOf(props, side)
                : texts.recordings.soundOnly(nameOf(props, side))}
            </figcaption>
          </figure>
        ))}
      </div>
      <div class="together__bar">
        <Button
          label={isPlaying ? texts.recordings.pause : texts.recordings.play}
          onPress={() => (isPlaying ? together.pause() : together.play())}
        >
          {isPlaying ? <Pause size={20} aria-hidden="true" /> : <Play size={20} aria-hidden="true" />}
        </Button>
        <input
          type="range"
          min={0}
          max={total}
          step={0.1}
          value={at}
          aria-label={texts.recordings.position}
          aria-valuetext={formatClock(at)}
          onInput={(event) => together.seek(event.currentTarget.valueAsNumber)}
        />
        <span class="figures">
          {formatClock(at)} / {formatClock(total)}
        </span>
      </div>
    </div>
  );
}

/** Of one side's parts the one whose time it is; between two the earlier. */
function isShown(file: PlayableFileView, at: number, files: readonly PlayableFileView[]): boolean {
  const begun = files.filter((other) => other.side === file.side && other.offset_seconds <= at);
  const current = begun.length === 0 ? 1 : Math.max(...begun.map((other) => other.part));
  return file.part === current;
}
