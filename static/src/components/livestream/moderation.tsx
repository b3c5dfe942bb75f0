/** What who keeps order may do about a message and its sender. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Livestream, LivestreamMessage } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";

export function ModerationDialog(props: {
  room: LivestreamRoom;
  livestream: Livestream;
  message: LivestreamMessage;
  onClose: () => void;
}) {
  const { room, livestream, message, onClose } = props;
  const { notices, login } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { id, display_name: name } = message.sender;
  const isReader = livestream.reader.id === login.user?.id;
  const isOwn = id === login.user?.id;
  const isModerator = message.badges.includes("moderator");
  const act = (work: () => Promise<void>, said: string) => async () => {
    setProblem(null);
    try {
      await work();
      notices.say(said);
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const { done } = texts.livestreams;
  return (
    <Dialog title={texts.livestreams.moderateTitle(name)} onClose={onClose}>
      <div class="stack">
        {!message.is_deleted && message.kind === "text" && (
          <blockquote class="moderation__text">{message.content}</blockquote>
        )}
        <ProblemNote problem={problem} />
        {!message.is_deleted && message.kind === "text" && (
          <Button isWide onPress={act(() => room.order.deleteMessage(message.id), done.deleted)}>
            {texts.livestreams.deleteMessage}
          </Button>
        )}
        {!isOwn && (
          <>
            <fieldset class="field">
              <legend class="field__label">{texts.livestreams.muteFor}</legend>
              <div class="row">
                {texts.livestreams.mutes.map(({ seconds, text }) => (
                  <Button
                    key={text}
                    onPress={act(
                      () => room.order.sanction(id, "muted", seconds === null ? {} : { seconds }),
                      done.muted(name),
                    )}
                  >
                    {text}
                  </Button>
                ))}
              </div>
            </fieldset>
            <div class="stack stack--tight">
              <Button look="danger" isWide onPress={act(() => room.order.sanction(id, "banned"), done.banned(name))}>
                {texts.livestreams.ban}
              </Button>
              <p class="faint">{texts.livestreams.banHint}</p>
            </div>
            <Button isWide onPress={act(() => room.order.sanction(id, "none"), done.lifted(name))}>
              {texts.livestreams.lift}
            </Button>
            {isReader && (
              <div class="stack stack--tight">
                <Button
                  isWide
                  onPress={act(
                    () => room.order.setModerator(id, !isModerator),
                    isModerator ? done.noModerator(name) : done.moderator(name),
                  )}
                >
                  {isModerator ? texts.livestreams.takeModerator : texts.livestreams.makeModerator}
                </Button>
                <p class="faint">{texts.livestreams.moderatorHint}</p>
              </div>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
