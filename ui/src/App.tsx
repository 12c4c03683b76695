/** The whole console: sign-in, and the panels around the conversation. */

import { Chat } from "./components/chat/Chat";
import { SidePanel } from "./components/SidePanel";
import { Sidebar } from "./components/Sidebar";
import { SignIn } from "./components/SignIn";
import { TelemetryStrip } from "./components/TelemetryStrip";
import { TopBar } from "./components/TopBar";
import { useView } from "./state/hooks";

export function App() {
  const session = useView((view) => view.session);
  const wide = useView((view) => view.wide);
  if (session === "checking") return <main className="boot" aria-busy="true">Connecting to the mission…</main>;
  if (session === "signed-out") return <SignIn expired={false} />;
  return (
    <>
      <div className={wide ? "shell shell-wide" : "shell"} inert={session === "expired"}>
        <TopBar />
        <Sidebar />
        <Chat />
        <SidePanel />
        <TelemetryStrip />
      </div>
      {session === "expired" && <SignIn expired />}
    </>
  );
}
