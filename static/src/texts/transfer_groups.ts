/** The minutes of one consultation on one day become one line of the history; its statement has each of them. */
import type { TransferView } from "../protocol";

export interface TransferGroup {
  newest: TransferView;
  transfers: TransferView[];
  amountMinor: number;
}

export function groupTransfers(transfers: readonly TransferView[]): TransferGroup[] {
  const groups: TransferGroup[] = [];
  const open = new Map<string, TransferGroup>();
  for (const transfer of transfers) {
    const day = new Date(transfer.created_at).toDateString();
    const isOfConsultation = transfer.reference?.kind === "consultation";
    const key = isOfConsultation ? `${day} ${transfer.reference?.id} ${transfer.type}` : transfer.id;
    const known = open.get(key);
    if (known !== undefined) {
      known.transfers.push(transfer);
      known.amountMinor += transfer.amount_minor;
      continue;
    }
    const group = { newest: transfer, transfers: [transfer], amountMinor: transfer.amount_minor };
    open.set(key, group);
    groups.push(group);
  }
  return groups;
}
