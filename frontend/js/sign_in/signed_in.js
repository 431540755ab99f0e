/** The last page of signing in: hands what the provider answered to the page that waits for it, and goes. */
const answer = location.search;
history.replaceState(null, "", location.pathname); // The code is in no history, and in no address to be copied.
new BroadcastChannel("handoff sign-in").postMessage(answer);
close();
