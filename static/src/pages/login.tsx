/** Logging in, and back to where one wanted to go. */

import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { Button } from "../components/button";
import { TextField } from "../components/fields";
import { Note, ProblemNote } from "../components/notes";
import { usePageTitle } from "../hooks/page_title";
import { useServices } from "../services";
import { texts } from "../texts";
import { safeNext, startPage } from "../texts/addresses";

const DEMO_PASSWORD = "demo-password";
const DEMO_LOGINS = [
  { email: "client@demo.example.com", text: texts.account.demoClient },
  { email: "reader@demo.example.com", text: texts.account.demoReader },
  { email: "admin@demo.example.com", text: texts.account.demoAdmin },
];

export default function LogInPage() {
  usePageTitle(texts.account.logInTitle);
  const { login, resources, site } = useServices();
  const { url, route } = useLocation();
  const parameters = new URLSearchParams(url.split("?")[1] ?? "");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [wantsCode, setWantsCode] = useState(false);

  useEffect(() => {
    if (login.user !== null) route(safeNext(parameters.get("next")) ?? startPage(login.user), true);
  }, [login.user]);

  const logIn = async (as: { email: string; password: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      login.begin(await resources.login(code === "" ? as : { ...as, totp_code: code.trim() }));
    } catch (error) {
      const problem = asProblem(error);
      setProblem(problem.code === "auth.totp_required" && !wantsCode ? null : problem);
      if (problem.code === "auth.totp_required") setWantsCode(true);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="stack narrow centered form-page">
      <h1>{texts.account.logInTitle}</h1>
      {parameters.has("expired") && <Note tone="warning">{texts.shell.expired}</Note>}
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void logIn({ email: email.trim(), password });
        }}
      >
        <TextField
          label={texts.account.email}
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          value={email}
          onInput={setEmail}
        />
        <TextField
          label={texts.account.password}
          type="password"
          name="password"
          autoComplete="current-password"
          isRequired
          value={password}
          onInput={setPassword}
        />
        {wantsCode && (
          <TextField
            label={texts.account.code}
            name="totp_code"
            autoComplete="one-time-code"
            isRequired
            value={code}
            onInput={setCode}
          />
        )}
        <ProblemNote problem={problem} />
        <Button type="submit" look="primary" isWide isBusy={isBusy} busyText={texts.account.loggingIn}>
          {texts.account.logIn}
        </Button>
        <p>
          <a href="/reset-password">{texts.account.forgot}</a>
        </p>
      </form>
      {site.value?.demo && (
        <div class="row">
          <span class="soft">{texts.account.demoLogins}</span>
          {DEMO_LOGINS.map((demo) => (
            <Button key={demo.email} onPress={() => logIn({ email: demo.email, password: DEMO_PASSWORD })}>
              {demo.text}
            </Button>
          ))}
        </div>
      )}
      <p class="soft">
        {texts.account.noAccount} <a href={`/register?${parameters}`}>{texts.shell.register}</a>
      </p>
    </div>
  );
}
