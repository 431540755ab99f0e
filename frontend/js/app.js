import { Banner } from "./components/banner.js";
import { ExportsView } from "./exports/view.js";

/** An address names what is open: #export=<id>, or nothing. A token never stands in it. */
const EXPORT = /^#export=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

const view = new ExportsView(document.querySelector("#exports"));
const route = () => view.open(EXPORT.exec(location.hash)?.[1].toLowerCase() ?? null);

new Banner(document.querySelector("#banner"));
addEventListener("hashchange", route);
route();
view.start();
