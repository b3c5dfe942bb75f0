/** The own account: who others see, the password, and every place that is logged in. */

import { useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { Avatar } from "../components/avatar";
import { Button } from "../components/button";
import { TextField } from "../components/fields";
import { LoginDevices } from "../components/login_devices";
import { LoginGate } from "../components/login_gate";
import { Note, ProblemNote } from "../components/notes";
import { NotificationSettings } from "../components/notifications/settings";
import { usePageTitle } from "../hooks/page_title";
import { useSaving } from "../hooks/saving";
import type { User } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";

export default function AccountPage() {
  usePageTitle(texts.account.title);
  return <LoginGate>{(user) => <OwnAccount user={user} />}</LoginGate>;
}

function OwnAccount(props: { user: User }) {
  const { login, resources } = useServices();
  const { route } = useLocation();
  const logOut = async () => {
    // The server forgets the login if it can be reached; this browser forgets it in any case.
    await resources.logout().catch(() => undefined);
    route("/");
    login.end({ isExpired: false });
  };
  return (
    <div class="stack narrow centered">
      <div class="row row--apart">
        <h1>{texts.account.title}</h1>
        <Button onPress={logOut}>{texts.shell.logOut}</Button>
      </div>
      {!props.user.email_verified && <VerifyEmailNote />}
      <Profile user={props.user} />
      <PasswordForm />
      <NotificationSettings />
      <LoginDevices />
    </div>
  );
}

function VerifyEmailNote() {
  const { resources } = useServices();
  const sending = useSaving(() => resources.resendVerification(), texts.account.resent);
  return (
    <Note tone="warning">
      <div class="stack stack--tight grow">
        <p>{texts.account.notVerified}</p>
        <div>
          <Button isBusy={sending.isBusy} onPress={() => sending.submit()}>
            {texts.account.resend}
          </Button>
        </div>
        <ProblemNote problem={sending.problem} />
      </div>
    </Note>
  );
}

function Profile(props: { user: User }) {
  const { user } = props;
  const { login, resources } = useServices();
  const [displayName, setDisplayName] = useState(user.display_name);
  const saving = useSaving(async () =>
    login.changeUser(await resources.changeMe({ display_name: displayName.trim() })),
  );
  return (
    <section class="card stack">
      <h2>{texts.account.profile}</h2>
      <PictureChange user={user} />
      <p class="soft">
        {user.email}
        {user.email_verified && ` · ${texts.account.isVerified}`}
      </p>
      <form class="stack" onSubmit={saving.submit}>
        <TextField
          label={texts.account.displayName}
          value={displayName}
          onInput={setDisplayName}
          isRequired
          maxLength={60}
          problem={saving.problem?.fieldMessage("display_name")}
        />
        <ProblemNote problem={saving.problem} />
        <div>
          <Button type="submit" isBusy={saving.isBusy}>
            {texts.shell.save}
          </Button>
        </div>
      </form>
    </section>
  );
}

function PictureChange(props: { user: User }) {
  const { user } = props;
  const { login, resources } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const change = async (file: File) => {
    setBusy(true);
    setProblem(null);
    try {
      const upload = await resources.upload(file, file.name);
      login.changeUser(await resources.setAvatar(upload.id));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="row">
        <Avatar id={user.id} name={user.display_name} url={user.avatar_url} size="large" />
        <input
          ref={input}
          type="file"
          hidden
          accept="image/png,image/jpeg,image/webp,image/gif"
          aria-label={texts.account.changePicture}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file !== undefined) void change(file);
          }}
        />
        <Button isBusy={isBusy} busyText={texts.account.uploading} onPress={() => input.current?.click()}>
          {texts.account.changePicture}
        </Button>
      </div>
      <ProblemNote problem={problem} />
    </>
  );
}

function PasswordForm() {
  const { resources } = useServices();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const saving = useSaving(async () => {
    await resources.changePassword({ current_password: current, new_password: next });
    setCurrent("");
    setNext("");
  }, texts.account.passwordChanged);
  return (
    <form class="card stack" onSubmit={saving.submit}>
      <h2>{texts.account.passwordTitle}</h2>
      <p class="faint">{texts.account.passwordNote}</p>
      <TextField
        label={texts.account.currentPassword}
        type="password"
        autoComplete="current-password"
        isRequired
        value={current}
        onInput={setCurrent}
      />
      <TextField
        label={texts.account.newPassword}
        type="password"
        autoComplete="new-password"
        hint={texts.account.passwordHint}
        isRequired
        value={next}
        onInput={setNext}
        problem={saving.problem?.fieldMessage("new_password")}
      />
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy}>
          {texts.account.changePassword}
        </Button>
      </div>
    </form>
  );
}
