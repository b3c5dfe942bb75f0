/** Whose livestream it is and what about, and following them. */
import { useLoaded } from "../../hooks/loading";
import type { Livestream, Person } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Avatar } from "../avatar";
import { FollowButton } from "../follow_button";

export function Who(props: { livestream: Livestream }) {
  const { reader, title, category } = props.livestream;
  return (
    <div class="watch__who">
      <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} />
      <div class="grow">
        <h1 class="watch__title">{title}</h1>
        <p class="row">
          <a class="name" href={`/readers/${reader.id}`}>
            {reader.display_name}
          </a>
          <span class="tag">{texts.studio.categories[category] ?? category}</span>
        </p>
      </div>
    </div>
  );
}

export function About(props: { livestream: Livestream }) {
  const { description } = props.livestream;
  if (description === "") return null;
  return <p class="watch__about">{description}</p>;
}

/** Told by the livestream whether this visitor follows its reader. */
export function FollowReader(props: { room: LivestreamRoom; reader: Person }) {
  const { room, reader } = props;
  return (
    <FollowButton
      readerId={reader.id}
      name={reader.display_name}
      isFollowed={room.isFollowing.value}
      onChange={(state) => room.tellFollowing(state.is_followed)}
    />
  );
}

/** Where no livestream tells it, the reader's profile does. */
export function FollowFromAfar(props: { reader: Person }) {
  const { id, display_name: name } = props.reader;
  const { resources, login } = useServices();
  const loaded = useLoaded(() => resources.reader(id), [id, login.user?.id]);
  return <FollowButton readerId={id} name={name} isFollowed={loaded.value?.is_followed ?? null} />;
}
