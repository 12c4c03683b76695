import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ConsoleProvider, createConsole } from "./state/console";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/chat.css";
import "./styles/plan.css";
import "./styles/panels.css";
import "./styles/commanding.css";
import "./styles/telemetry.css";
import "./styles/anomalies.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const console_ = createConsole();
createRoot(root).render(
  <StrictMode>
    <ConsoleProvider value={console_}>
      <App />
    </ConsoleProvider>
  </StrictMode>,
);
void console_.begin();
