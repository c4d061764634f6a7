package com.acme.rules;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.rules.engine.RuleEngine;
import java.nio.file.Path;

/** Applies business rules that can be exchanged while the service runs. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        RuleEngine engine = new RuleEngine(Catalog.load(180_000), Path.of(arguments[0]));
        engine.reload();
        HttpService service =
                new HttpService(0, 6)
                        .route("/price", request -> engine.price(request.number("id")))
                        .route("/reload", request -> engine.reload());
        service.start();
        new LoadGenerator(
                        service.port(),
                        random -> random.nextInt(20) == 0 ? "/reload" : "/price?id=" + random.nextInt(180_000))
                .start(4, 100);
        Lifetime.serve();
    }
}
