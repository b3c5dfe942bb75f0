/** The language in use. A translation is a second object of the same type. */
import { en } from "./en/index";

export type Texts = typeof en;
export const texts: Texts = en;
