/** The publisher put together from this browser's parts; a chunk of its own. */
import { callBrowser } from "../media/browser";
import { makeCard } from "./card";
import { Publisher, type PublishingEnvironment } from "./publishing";

export type OpenPublisher = (environment: Omit<PublishingEnvironment, "browser" | "makeCard">) => Publisher;

export const openPublisher: OpenPublisher = (environment) =>
  new Publisher({ ...environment, browser: callBrowser(), makeCard: () => makeCard(document) });
