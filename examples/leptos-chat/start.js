import init from './leptos_chat.js';

await init();
