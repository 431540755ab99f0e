import { CallsView } from "./calls/view.js";
import { ExportsView } from "./exports/view.js";
import { ImagesView } from "./images/view.js";

const ID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";

/**
 * The views, by the id of their place in index.html and the data-view of the link there. `address` is what of the URL's
 * hash is theirs, with the id of what is open; the first has all that is nobody's. `isOffered` says of a session whether
 * whoever has it has such a view. A view has enter(id) and leave().
 */
export const VIEWS = {
  exports: { make: ExportsView, address: new RegExp(`^#export=${ID}$`, "i"), isOffered: () => true },
  images: { make: ImagesView, address: new RegExp(`^#images(?:/${ID})?$`, "i"), isOffered: ({ images }) => images !== null },
  calls: { make: CallsView, address: new RegExp(`^#calls(?:/${ID})?$`, "i"), isOffered: ({ calls }) => calls },
};
