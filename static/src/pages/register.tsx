/** A new account, as a client or as a reader; usable at once. */

import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { Button } from "../components/button";
import { ChoiceField, TextField } from "../components/fields";
import { ProblemNote } from "../components/notes";
import { usePageTitle } from "../hooks/page_title";
import { useServices } from "../services";
import { texts } from "../texts";
import { safeNext, startPage } from "../texts/addresses";

export default function RegisterPage() {
  usePageTitle(texts.account.registerTitle);
  const { login, resources } = useServices();
  const { url, route } = useLocation();
  const parameters = new URLSearchParams(url.split("?")[1] ?? "");
  const [role, setRole] = useState<"client" | "reader">(parameters.get("role") === "reader" ? "reader" : "client");
  const [displayName, setDisplayName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    if (login.user !== null) route(safeNext(parameters.get("next")) ?? startPage(login.user), true);
  }, [login.user]);

  const register = async () => {
    setBusy(true);
    setProblem(null);
    try {
      login.begin(await resources.register({ email: email.trim(), password, display_name: displayName.trim(), role }));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="stack narrow centered form-page">
      <h1>{texts.account.registerTitle}</h1>
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void register();
        }}
      >
        <ChoiceField
          legend={texts.account.role}
          name="role"
          value={role}
          onChange={(value) => setRole(value === "reader" ? "reader" : "client")}
          options={[
            { value: "client", label: texts.account.client, hint: texts.account.clientHint },
            { value: "reader", label: texts.account.reader, hint: texts.account.readerHint },
          ]}
        />
        <TextField
          label={texts.account.displayName}
          name="display_name"
          autoComplete="nickname"
          isRequired
          maxLength={60}
          value={displayName}
          onInput={setDisplayName}
          problem={problem?.fieldMessage("display_name")}
        />
        <TextField
          label={texts.account.email}
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          value={email}
          onInput={setEmail}
          problem={problem?.fieldMessage("email")}
        />
        <TextField
          label={texts.account.password}
          type="password"
          name="password"
          autoComplete="new-password"
          isRequired
          hint={texts.account.passwordHint}
          value={password}
          onInput={setPassword}
          problem={problem?.fieldMessage("password")}
        />
        <ProblemNote problem={problem !== null && problem.fields.length === 0 ? problem : null} />
        <Button type="submit" look="primary" isWide isBusy={isBusy} busyText={texts.account.registering}>
          {texts.account.register}
        </Button>
      </form>
      <p class="soft">
        {texts.account.haveAccount} <a href={`/login?${parameters}`}>{texts.account.logIn}</a>
      </p>
    </div>
  );
}
