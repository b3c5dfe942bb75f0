/** Shows the short notices, announced politely. */
import { useServices } from "../services";

export function NoticeList() {
  const { notices } = useServices();
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.items.value.map((notice) => (
        <div key={notice.id}>{notice.text}</div>
      ))}
    </div>
  );
}
