/** What a Worker offers to the page. Errors keep their code on the way, which comlink would lose. */
import { expose, transferHandlers } from "comlink";

/**
 * Offers an object to the page that started this Worker.
 *
 * @param api - The object; its methods can be called from there.
 */
export function offer(api: object): void {
  const usual = transferHandlers.get("throw");
  if (usual === undefined) throw new Error("comlink has no way to hand over errors");
  transferHandlers.set("throw", {
    ...usual,
    serialize: (thrown) => {
      const [plain, transferred] = usual.serialize(thrown) as [{ value: object }, Transferable[]];
      const { code } = (thrown as { value: { code?: string } }).value;
      return [{ ...plain, value: { ...plain.value, code } }, transferred];
    },
  });
  expose(api);
}
