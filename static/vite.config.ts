import { defineConfig } from "vitest/config";

// The Python server in development; `npm run dev` forwards everything that is not a page to it.
const server = process.env.SOULSEER_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2022",
    manifest: true,
    // A data: URL would need a wider Content-Security-Policy than the server sends.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": server,
      "/dev": server,
      "/uploads": server,
      "/socket.io": { target: server, ws: true },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
