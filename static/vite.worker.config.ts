import { defineConfig } from "vite";

// The service worker is one script at the root, whose address never changes: that is what it may look after.
export default defineConfig({
  build: {
    target: "es2022",
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: "src/service_worker.ts", formats: ["iife"], name: "worker", fileName: () => "service_worker.js" },
  },
});
