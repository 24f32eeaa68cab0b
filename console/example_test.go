package console_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/console"
	"github.com/rolecall/rolecall/sqlite"
)

// An application mounts the console, and says who is there. Who is nobody is sent
// to the application's own page to sign in.
func ExampleHandler() {
	ctx := context.Background()
	rc, err := rolecall.Open(ctx, sqlite.Memory())
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	if _, err := rc.Write(ctx, rolecall.System("app"),
		rolecall.Create(&rolecall.User{ID: "olga", Name: "Olga"}),
		rolecall.Create(&rolecall.Assignment{Subject: "olga", Role: rolecall.RoleOwner}),
	); err != nil {
		log.Fatal(err)
	}

	// Yours asks the session; this one believes a name, as only an example may.
	user := func(r *http.Request) (rolecall.SubjectID, error) {
		name, _, _ := r.BasicAuth()
		return rolecall.SubjectID(name), nil
	}
	mux := http.NewServeMux()
	mux.Handle("/admin/", console.Handler(rc, console.Subject(user), console.SignInAt("/login")))

	for _, name := range []string{"", "olga"} {
		r := httptest.NewRequest("GET", "/admin/roles", nil)
		if name != "" {
			r.SetBasicAuth(name, "")
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Printf("%q %d %s\n", name, w.Code, w.Header().Get("Location"))
	}
	// Output:
	// "" 303 /login
	// "olga" 200
}
