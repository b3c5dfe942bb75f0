/** A picture that only the participants may see, so it is fetched with the login and shown from memory. */
import { useEffect, useState } from "preact/hooks";
import { useServices } from "../services";
import { texts } from "../texts";

export function UploadedImage(props: { url: string | null; description: string }) {
  const { resources } = useServices();
  const [source, setSource] = useState<string | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (props.url === null) return;
    let address: string | null = null;
    let isGone = false;
    resources
      .uploadedFile(props.url)
      .then((blob) => {
        if (isGone) return;
        address = URL.createObjectURL(blob);
        setSource(address);
      })
      .catch(() => setFailed(true));
    return () => {
      isGone = true;
      if (address !== null) URL.revokeObjectURL(address);
    };
  }, [props.url]);
  if (hasFailed || props.url === null) return <p class="bubble__text">{texts.room.imageMissing}</p>;
  if (source === null) return <div class="uploaded-image uploaded-image--loading" aria-hidden="true" />;
  return (
    <a href={source} target="_blank" rel="noopener">
      <img class="uploaded-image" src={source} alt={props.description} />
    </a>
  );
}
