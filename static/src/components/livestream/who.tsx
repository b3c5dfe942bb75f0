/** Whose livestream it is and what about, and following them. */
import type { Livestream, Person } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { Avatar } from "../avatar";

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
          <span class="tag">{category}</span>
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

export function FollowReader(_props: { room: LivestreamRoom | null; reader: Person }) {
  return null;
}
