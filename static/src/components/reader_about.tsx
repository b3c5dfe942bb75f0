/** Who a reader is, in their own words. */
import { useEffect, useState } from "preact/hooks";
import type { ReaderProfile } from "../protocol";
import { texts } from "../texts";
import { languageName } from "../texts/formats";
import { Avatar } from "./avatar";
import { FollowButton } from "./follow_button";
import { LiveNow } from "./live_now";
import { Rating } from "./rating";
import { StatusBadge } from "./status_badge";

export function ReaderHead(props: { reader: ReaderProfile }) {
  const { reader } = props;
  const [followersCount, setFollowersCount] = useState(reader.followers_count);
  useEffect(() => setFollowersCount(reader.followers_count), [reader.followers_count]);
  return (
    <section class="stack">
      <div class="profile__who">
        <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="large" />
        <div class="stack stack--tight grow">
          <h1>{reader.display_name}</h1>
          <div class="row">
            <StatusBadge status={reader.status} readerId={reader.id} />
            <Rating rating={reader.rating_average} count={reader.rating_count} />
            <Followers count={followersCount} />
            <LiveNow livestreamId={reader.livestream_id} name={reader.display_name} />
          </div>
        </div>
      </div>
      <div>
        <FollowButton
          readerId={reader.id}
          name={reader.display_name}
          isFollowed={reader.is_followed}
          onChange={(state) => setFollowersCount(state.followers_count)}
        />
      </div>
      {reader.is_demonstration && (
        <p>
          <span class="tag tag--notice">{texts.readers.demonstration}</span>
        </p>
      )}
      {reader.headline && <p class="name">{reader.headline}</p>}
    </section>
  );
}

function Followers(props: { count: number }) {
  if (props.count === 0) return null;
  return <span class="faint">{texts.notifications.followers(props.count)}</span>;
}

export function ReaderAbout(props: { reader: ReaderProfile }) {
  const { reader } = props;
  return (
    <section class="stack">
      <h2>{texts.readers.about(reader.display_name)}</h2>
      {reader.bio && <p class="profile__text">{reader.bio}</p>}
      <div class="tag-list">
        {reader.specialties.map((specialty) => (
          <span key={specialty} class="tag">
            {specialty}
          </span>
        ))}
      </div>
      <ul class="stack stack--tight soft">
        {reader.languages.length > 0 && <li>{texts.readers.speaks(reader.languages.map(languageName).join(", "))}</li>}
        {reader.experience_years ? <li>{texts.readers.experience(reader.experience_years)}</li> : null}
      </ul>
      {reader.certifications.length > 0 && (
        <div class="stack stack--tight">
          <h3>{texts.readers.certifications}</h3>
          <ul class="soft">
            {reader.certifications.map((certification) => (
              <li key={certification}>{certification}</li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
