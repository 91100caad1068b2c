/** Errors of a Worker keep their code on the way to the page. Once networks run beside the page by themselves, this can go. */
import { transferHandlers } from "comlink";

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
