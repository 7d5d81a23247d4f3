/** Takes the code of the display: from the camera, where the browser reads codes, or typed. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { words } from "./words";

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

declare global {
  interface Window {
    BarcodeDetector?: new (options: { formats: string[] }) => Detector;
  }
}

interface CodeEntryProps {
  take: (code: string) => void;
  sending: boolean;
}

/** A camera may read any text; the bar takes none that is longer. */
const LONGEST = 100;

/** The code in what a camera has read: an address of a bar's, or the code itself. */
export function codeIn(text: string): string {
  return decoded(text.slice(text.lastIndexOf("#") + 1)).trim().toUpperCase().slice(0, LONGEST);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function CodeEntry({ take, sending }: CodeEntryProps) {
  const code = useSignal("");
  const scanning = useSignal(false);
  const found = (text: string) => {
    scanning.value = false;
    take(codeIn(text));
  };
  return (
    <section class="card">
      <h2>{words("guest.welcome")}</h2>
      <p>{words("guest.how")}</p>
      {window.BarcodeDetector && navigator.mediaDevices && !scanning.value && (
        <button type="button" class="main" onClick={() => (scanning.value = true)}>
          {words("guest.scan")}
        </button>
      )}
      {scanning.value && <Camera found={found} close={() => (scanning.value = false)} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (code.value.trim()) take(codeIn(code.value));
        }}
      >
        <label>
          {words("guest.code")}
          <input
            value={code.value}
            onInput={(event) => (code.value = event.currentTarget.value)}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={12}
            required
          />
        </label>
        <button class="main" disabled={sending}>
          {words("guest.begin")}
        </button>
      </form>
    </section>
  );
}

interface CameraProps {
  found: (text: string) => void;
  close: () => void;
}

function Camera({ found, close }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  const failed = useSignal(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let ended = false;
    const look = async () => {
      const detector = new window.BarcodeDetector!({ formats: ["qr_code"] });
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (ended || !video.current) return stop();
      video.current.srcObject = stream;
      await video.current.play();
      while (!ended) {
        const [code] = await detector.detect(video.current);
        if (code) return found(code.rawValue);
        await new Promise((next) => setTimeout(next, 150));
      }
    };
    const stop = () => {
      ended = true;
      stream?.getTracks().forEach((track) => track.stop());
    };
    look().catch(() => (failed.value = true));
    return stop;
  }, []);
  return (
    <div class="camera">
      {failed.value ? <p class="trouble">{words("guest.no-camera")}</p> : <video ref={video} muted playsInline />}
      <button type="button" onClick={close}>
        {words("guest.stop-scan")}
      </button>
    </div>
  );
}
