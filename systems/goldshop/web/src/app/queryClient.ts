import { createQueryClient } from "@stackyard/web-kit/api";

export const queryClient = createQueryClient();
