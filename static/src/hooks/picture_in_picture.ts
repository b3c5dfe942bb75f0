/** The other's picture in a small window of its own, above whatever else is on the screen. */
import { useEffect, useState } from "preact/hooks";

export interface PictureInPicture {
  isSupported: boolean;
  isOpen: boolean;
  toggle: () => Promise<void>;
}

export function usePictureInPicture(findVideo: () => HTMLVideoElement | null): PictureInPicture {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const look = () => setOpen(document.pictureInPictureElement !== null);
    document.addEventListener("enterpictureinpicture", look, true);
    document.addEventListener("leavepictureinpicture", look, true);
    return () => {
      document.removeEventListener("enterpictureinpicture", look, true);
      document.removeEventListener("leavepictureinpicture", look, true);
      if (document.pictureInPictureElement) void document.exitPictureInPicture().catch(() => undefined);
    };
  }, []);
  const toggle = async () => {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await findVideo()?.requestPictureInPicture();
    } catch {
      // There is no picture to show yet.
    }
  };
  return { isSupported: document.pictureInPictureEnabled === true, isOpen, toggle };
}
