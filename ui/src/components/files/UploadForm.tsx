/** Offering a file for a spacecraft: it leaves once somebody else has approved exactly this content. */

import { useState } from "react";
import { covers, roleName, type User } from "../../contract/session";
import { formatOctets, LARGEST_UPLOAD, toBase64 } from "../../lib/files";
import { useConsole } from "../../state/console";
import { useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";

interface FormProps {
  satellite: string;
  user: User;
  onDone: (words: string) => void;
}

export function UploadForm({ satellite, user, onDone }: FormProps) {
  const { client } = useConsole();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [acknowledged, setAcknowledged] = useState(true);
  const work = useWork();
  const tooLarge = file !== null && file.size > LARGEST_UPLOAD;
  const choose = (chosen: File | null): void => {
    setFile(chosen);
    work.clear();
    if (chosen !== null && name === "") setName(`notes/${chosen.name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`);
  };
  const offer = (): void =>
    void work.run(async () => {
      if (file === null) return;
      const made = await client.uploadFile(satellite, name.trim(), await toBase64(file), acknowledged);
      setFile(null);
      setName("");
      onDone(`Offered ${made.name ?? ""} (${made.command_class ?? ""}): it leaves once another person has approved it.`);
    });
  return (
    <section className="block" aria-labelledby="upload-title">
      <div className="block-head">
        <h3 id="upload-title">Offer a file for {satellite}</h3>
      </div>
      {!covers(user.role, "planner") ? (
        <p className="muted">Offering a file needs the planner role; you are {roleName(user.role)}.</p>
      ) : (
        <form
          className="consent"
          onSubmit={(event) => {
            event.preventDefault();
            offer();
          }}
        >
          <div className="field-row">
            <label className="field">
              File
              <input key={file === null ? "none" : "one"} type="file" data-testid="upload-file" onChange={(event) => choose(event.target.files?.[0] ?? null)} />
            </label>
            <label className="field grow">
              Name on board
              <input value={name} maxLength={255} required data-testid="upload-name" placeholder="notes/plan.txt" onChange={(event) => setName(event.target.value)} />
              <span className="hint muted">The mission's rules say by its beginning who has to approve it.</span>
            </label>
          </div>
          {file !== null && (
            <p className="muted">
              {file.name}, {formatOctets(file.size)}
            </p>
          )}
          <label className="check">
            <input type="checkbox" checked={acknowledged} onChange={(event) => setAcknowledged(event.target.checked)} />
            acknowledged: what is lost is sent again, and the spacecraft says that it is whole
          </label>
          {tooLarge && <Notice tone="bad">At most {formatOctets(LARGEST_UPLOAD)} can be offered here; the command line takes longer files.</Notice>}
          {work.error !== null && <Notice tone="bad">Not offered: {work.error}</Notice>}
          <div className="row">
            <button className="button primary" type="submit" data-testid="upload" disabled={work.busy || file === null || tooLarge || name.trim() === ""}>
              {work.busy ? "Offering…" : "Offer it for approval"}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
