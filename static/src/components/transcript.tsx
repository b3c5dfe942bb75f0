/** The conversation as it was, to read or to keep. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import { useLoaded } from "../hooks/loading";
import type { Consultation, Message } from "../protocol";
import { type Services, useServices } from "../services";
import { texts } from "../texts";
import { formatTime } from "../texts/formats";
import { Button } from "./button";
import { ProblemNote, Skeleton } from "./notes";
import { UploadedImage } from "./uploaded_image";

export function Transcript(props: { consultation: Consultation; ownId: string }) {
  const { consultation, ownId } = props;
  const services = useServices();
  const loaded = useLoaded(() => loadAllMessages(services, consultation), [consultation.id]);
  const other = consultation.client.id === ownId ? consultation.reader : consultation.client;
  return (
    <section class="card stack">
      <div class="row row--apart">
        <h2>{texts.money.transcript}</h2>
        {consultation.last_seq > 0 && <Downloads consultation={consultation} />}
      </div>
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {loaded.isLoading && <Skeleton shape="line" count={2} />}
      {loaded.value?.length === 0 && <p class="soft">{texts.room.noMessagesEnded}</p>}
      <ol class="stack stack--tight">
        {loaded.value?.map((message) => (
          <li key={message.id}>
            <p class="transcript__who">
              <span class="name">{message.sender_id === ownId ? texts.room.you : other.display_name}</span>{" "}
              <time class="faint figures" dateTime={message.created_at}>
                {formatTime(message.created_at)}
              </time>
            </p>
            {message.kind === "image" ? (
              <UploadedImage url={message.upload_url} description={texts.room.image(other.display_name)} />
            ) : (
              <p class="transcript__text">{message.content}</p>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Downloads(props: { consultation: Consultation }) {
  const { resources } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const download = async (format: "txt" | "json") => {
    setProblem(null);
    try {
      saveFile(
        await resources.transcript(props.consultation.id, format),
        `consultation-${props.consultation.id}.${format}`,
      );
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <div class="row">
      <Button busyText={texts.money.downloading} onPress={() => download("txt")}>
        {texts.money.downloadText}
      </Button>
      <Button busyText={texts.money.downloading} onPress={() => download("json")}>
        {texts.money.downloadJson}
      </Button>
      <ProblemNote problem={problem} />
    </div>
  );
}

async function loadAllMessages({ resources }: Services, consultation: Consultation): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < consultation.last_seq) {
    const page = await resources.listMessages(consultation.id, messages.length);
    if (page.items.length === 0) break;
    messages.push(...page.items);
  }
  return messages;
}

function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
