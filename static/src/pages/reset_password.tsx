/** Asking for a reset link, and (with the link's token) choosing a new password. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { Button } from "../components/button";
import { TextField } from "../components/fields";
import { Note, ProblemNote } from "../components/notes";
import { usePageTitle } from "../hooks/page_title";
import { useServices } from "../services";
import { texts } from "../texts";

export default function ResetPasswordPage() {
  usePageTitle(texts.account.resetTitle);
  const token = new URLSearchParams(useLocation().url.split("?")[1] ?? "").get("token");
  return (
    <div class="stack narrow centered form-page">
      {token === null ? <AskForLink /> : <ChoosePassword token={token} />}
    </div>
  );
}

function AskForLink() {
  const { resources } = useServices();
  const [email, setEmail] = useState("");
  const form = useForm(() => resources.requestPasswordReset(email.trim()));
  return (
    <>
      <h1>{texts.account.resetTitle}</h1>
      {form.isDone ? (
        <Note tone="positive">
          <p role="status">{texts.account.resetSent}</p>
        </Note>
      ) : (
        <form class="card stack" onSubmit={form.submit}>
          <p class="soft">{texts.account.resetIntro}</p>
          <TextField
            label={texts.account.email}
            type="email"
            name="email"
            autoComplete="username"
            isRequired
            value={email}
            onInput={setEmail}
          />
          <ProblemNote problem={form.problem} />
          <Button type="submit" look="primary" isBusy={form.isBusy} busyText={texts.account.sending}>
            {texts.account.sendLink}
          </Button>
        </form>
      )}
    </>
  );
}

function ChoosePassword(props: { token: string }) {
  const { resources } = useServices();
  const [password, setPassword] = useState("");
  const form = useForm(() => resources.confirmPasswordReset(props.token, password));
  return (
    <>
      <h1>{texts.account.chooseTitle}</h1>
      {form.isDone ? (
        <>
          <Note tone="positive">
            <p role="status">{texts.account.passwordSet}</p>
          </Note>
          <a class="button button--primary" href="/login">
            {texts.account.logIn}
          </a>
        </>
      ) : (
        <form class="card stack" onSubmit={form.submit}>
          <TextField
            label={texts.account.newPassword}
            type="password"
            name="new_password"
            autoComplete="new-password"
            hint={texts.account.passwordHint}
            isRequired
            value={password}
            onInput={setPassword}
            problem={form.problem?.fieldMessage("new_password")}
          />
          <ProblemNote problem={form.problem} />
          <Button type="submit" look="primary" isBusy={form.isBusy} busyText={texts.shell.working}>
            {texts.account.setPassword}
          </Button>
        </form>
      )}
    </>
  );
}

function useForm(send: () => Promise<unknown>) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    send()
      .then(() => setDone(true))
      .catch((error) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  return { problem, isBusy, isDone, submit };
}
