/** Signing in; over the console when a session has expired, so that nothing typed is lost. */

import { type FormEvent, useState } from "react";
import { useConsole } from "../state/console";
import { useWork } from "../state/hooks";
import { Emblem } from "./common/Emblem";
import { Notice } from "./common/Notice";

export function SignIn({ expired }: { expired: boolean }) {
  const { client, signedIn } = useConsole();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const work = useWork();

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void work.run(async () => signedIn((await client.signIn(username, password)).user));
  };

  return (
    <main className={expired ? "signin signin-over" : "signin"} aria-label="Sign in">
      <form className="signin-card" onSubmit={submit}>
        <div className="signin-brand">
          <Emblem size={40} />
          <div>
            <h1>LlamaSpace</h1>
            <p className="muted">Mission operations console</p>
          </div>
        </div>
        {expired && <Notice tone="warn">Your session has ended. Sign in to go on; what you typed is still there.</Notice>}
        <label>
          User name
          <input
            data-testid="signin-username"
            autoComplete="username"
            autoFocus
            required
            maxLength={64}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </label>
        <label>
          Password
          <input
            data-testid="signin-password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={256}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
        <button className="button primary" data-testid="signin-submit" disabled={work.busy}>
          {work.busy ? "Signing in…" : "Sign in"}
        </button>
        <p className="hint">Accounts and their first passwords were shown once on the terminal that started the service.</p>
      </form>
    </main>
  );
}
