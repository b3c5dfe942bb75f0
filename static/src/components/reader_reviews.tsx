/** What clients said about a reader, with how the ratings are spread. */

import { usePagedList } from "../hooks/loading";
import type { ReaderProfile } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDate, formatNumber } from "../texts/formats";
import { Button } from "./button";
import { ProblemNote } from "./notes";
import { Stars } from "./rating";

export function ReaderReviews(props: { reader: ReaderProfile }) {
  const { reader } = props;
  const { resources } = useServices();
  const list = usePagedList((cursor) => resources.listReviews(reader.id, cursor), [reader.id]);
  return (
    <section class="stack">
      <h2>{texts.readers.reviews}</h2>
      {reader.rating_count === 0 ? (
        <p class="soft">{texts.readers.noReviews}</p>
      ) : (
        <div class="distribution">
          {[5, 4, 3, 2, 1].map((stars) => {
            const count = reader.rating_distribution[String(stars)] ?? 0;
            return (
              <>
                <span>{texts.readers.stars(stars)}</span>
                <meter min={0} max={reader.rating_count} value={count} aria-hidden="true" />
                <span class="figures">{formatNumber(count)}</span>
              </>
            );
          })}
        </div>
      )}
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      <ul class="line-list">
        {list.items?.map((review) => (
          <li key={review.id} class="review">
            <div class="row">
              <Stars count={review.rating} />
              <span class="faint">
                {[review.client.display_name, formatDate(review.created_at)].filter(Boolean).join(" · ")}
              </span>
            </div>
            {review.comment && <p class="profile__text">{review.comment}</p>}
          </li>
        ))}
      </ul>
      {list.hasMore && (
        <div>
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </section>
  );
}
