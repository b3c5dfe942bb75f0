/** The page behind the link in the verification mail. */
import { useLocation } from "preact-iso";
import { Note, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import { useServices } from "../services";
import { texts } from "../texts";

export default function VerifyEmailPage() {
  usePageTitle(texts.account.verifyTitle);
  const { resources, login } = useServices();
  const token = new URLSearchParams(useLocation().url.split("?")[1] ?? "").get("token") ?? "";
  const loaded = useLoaded(async () => {
    await resources.verifyEmail(token);
    if (login.user !== null) login.changeUser(await resources.me());
    return true;
  }, [token]);
  return (
    <div class="stack narrow centered form-page">
      <h1>{texts.account.verifyTitle}</h1>
      <div role="status">
        {loaded.value && <Note tone="positive">{texts.account.verified}</Note>}
        {loaded.problem !== null && <Note tone="danger">{texts.account.verifyFailed}</Note>}
        {loaded.isLoading && <Skeleton shape="line" />}
      </div>
      <a class="button" href={login.user === null ? "/" : "/account"}>
        {login.user === null ? texts.account.toStart : texts.account.toAccount}
      </a>
    </div>
  );
}
