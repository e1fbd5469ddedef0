// A shared worker: all tabs of the app use one connection, because HTTP/1.1 browsers allow only six per server.

import { listen, type StreamMessage } from "./stream";

interface Joined {
  say: "join";
  url: string;
  /** Session and workspace; when it changes, the stream is opened anew. */
  who: string;
}
export type TabMessage = Joined | { say: "leave" };

const ports = new Set<MessagePort>();
let who: string | null = null;
let stop: (() => void) | null = null;
let last: StreamMessage | null = null;

function tellAll(message: StreamMessage): void {
  if (message.kind !== "change") last = message;
  if (message.kind === "bye") close();
  for (const port of ports) port.postMessage(message);
}

function close(): void {
  stop?.();
  stop = null;
  who = null;
}

function join(port: MessagePort, message: Joined): void {
  ports.add(port);
  if (who === message.who && stop) {
    if (last) port.postMessage(last);
    return;
  }
  close();
  last = null;
  who = message.who;
  stop = listen(message.url, tellAll);
}

function leave(port: MessagePort): void {
  ports.delete(port);
  if (ports.size === 0) close();
}

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  port.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
    if (data.say === "join") join(port, data);
    else leave(port);
  });
  port.start();
});
