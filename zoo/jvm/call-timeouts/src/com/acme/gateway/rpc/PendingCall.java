package com.acme.gateway.rpc;

import java.util.concurrent.CompletableFuture;

/** A call that waits for its answer. */
final class PendingCall {
    private final long number;
    private final byte[] payload;
    private final CompletableFuture<String> answer = new CompletableFuture<>();

    PendingCall(long number, byte[] payload) {
        this.number = number;
        this.payload = payload;
    }

    long number() {
        return number;
    }

    byte[] payload() {
        return payload;
    }

    CompletableFuture<String> answer() {
        return answer;
    }

    void timeOut() {
        answer.completeExceptionally(new IllegalStateException("no answer to call " + number));
    }
}
