/** The chat beside the reader's own picture; from each line its sender can be kept in order. */
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { LivestreamChat } from "../livestream/chat";
import { Skeleton } from "../notes";

export function StudioChat(props: { livestream: Livestream }) {
  const room = useServices().ownLivestream.room.value;
  if (room === null) return <Skeleton shape="line" count={3} />;
  return <LivestreamChat room={room} livestream={props.livestream} />;
}
