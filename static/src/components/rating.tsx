/** Stars: as a figure, and as something to choose. */
import { Star } from "lucide-preact";
import { texts } from "../texts";
import { formatNumber } from "../texts/formats";

export function Rating(props: { rating: number | null; count: number }) {
  if (props.rating === null || props.count === 0) return <span class="faint">{texts.readers.noReviews}</span>;
  const figure = formatNumber(props.rating, 1);
  return (
    <span class="rating">
      <Star size={16} fill="currentColor" aria-hidden="true" />
      <span class="for-screen-readers">{texts.readers.ratingOf(figure, props.count)}</span>
      <span aria-hidden="true">
        <strong>{figure}</strong> <span class="faint">({formatNumber(props.count)})</span>
      </span>
    </span>
  );
}

export function Stars(props: { count: number }) {
  return (
    <span class="rating" role="img" aria-label={texts.room.starLabel(props.count)}>
      {[1, 2, 3, 4, 5].map((star) => (
        <Star key={star} size={16} fill={star <= props.count ? "currentColor" : "none"} aria-hidden="true" />
      ))}
    </span>
  );
}

export function StarsInput(props: { value: number; onChange: (value: number) => void }) {
  return (
    <fieldset class="field">
      <legend class="field__label">{texts.room.reviewStars}</legend>
      <div class="stars-input">
        {[1, 2, 3, 4, 5].map((star) => (
          <label key={star} class={star <= props.value ? "is-filled" : ""}>
            <span class="for-screen-readers">{texts.room.starLabel(star)}</span>
            <Star size={28} aria-hidden="true" />
            <input
              type="radio"
              name="rating"
              value={star}
              checked={props.value === star}
              onChange={() => props.onChange(star)}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
