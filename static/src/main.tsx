/** The composition root: builds the services from the browser's own parts and shows the app. */
import { render } from "preact";
import { App } from "./app";
import { createServices, startServices } from "./services";
import "./styles/tokens.css";
import "./styles/elements.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/shell.css";
import "./styles/notifications.css";

const root = document.getElementById("app");
if (root !== null) {
  const services = createServices(window);
  startServices(services, window);
  render(<App services={services} />, root);
}
