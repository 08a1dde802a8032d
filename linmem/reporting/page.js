// What a reader does with the page: dark or light, scales of axes, files of numbers and of pictures, paper.
(() => {
  const root = document.documentElement
  const view = key => [...(window.Bokeh?.index?.roots ?? [])].find(each => each.model.name == key)

  function isDark() { return root.dataset.theme ? root.dataset.theme == "dark" : matchMedia("(prefers-color-scheme: dark)").matches }

  function save(name, content, type) {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type}))
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000) // a busy browser begins late
  }

  // --- tables ---

  async function table(key) {
    const text = document.getElementById(`table-${key}`)?.textContent
    if (text == null) return null
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text())
  }

  function cell(value) {
    if (value == null) return ""
    let text = String(value)
    if (typeof value == "string" && /^[=+@\t\r-]/.test(text)) text = "'" + text // a spreadsheet would compute it
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }

  async function csv(key) {
    const columns = await table(key), names = Object.keys(columns)
    const count = Math.max(...names.map(name => columns[name].length))
    const rows = Array.from({length: count}, (_, i) => names.map(name => cell(columns[name][i])).join(","))
    return [names.map(cell).join(","), ...rows, ""].join("\n")
  }

  // --- pictures ---

  const whole = figure => figure.querySelector(".drawing > svg")

  function canvas(key) { // what is visible of a figure, on white
    const [shown] = view(key).child_views.filter(child => child.model.visible)
    const drawn = shown.export("png").canvas, made = document.createElement("canvas")
    made.width = drawn.width; made.height = drawn.height
    const pen = made.getContext("2d")
    pen.fillStyle = "#ffffff"; pen.fillRect(0, 0, made.width, made.height); pen.drawImage(drawn, 0, 0)
    return made
  }

  async function svg(figure) {
    const own = whole(figure)
    if (own) return new Blob([new XMLSerializer().serializeToString(own)], {type: "image/svg+xml"})
    const [shown] = view(figure.id).child_views.filter(child => child.model.visible)
    return await shown.export("svg").to_blob()
  }

  async function png(figure) {
    let made
    if (whole(figure)) {
      const picture = new Image(), box = whole(figure).viewBox.baseVal
      picture.src = URL.createObjectURL(await svg(figure))
      await picture.decode()
      made = document.createElement("canvas"); made.width = 4 * box.width; made.height = 4 * box.height
      const pen = made.getContext("2d")
      pen.fillStyle = "#ffffff"; pen.fillRect(0, 0, made.width, made.height)
      pen.drawImage(picture, 0, 0, made.width, made.height)
    } else made = canvas(figure.id)
    return await new Promise(done => made.toBlob(done))
  }

  function otherScale(key) {
    const figures = view(key).model.children
    for (const figure of figures) figure.visible = !figure.visible
  }

  addEventListener("beforeprint", () => { // a canvas neither shrinks nor redraws while a page is printed
    for (const figure of document.querySelectorAll("figure")) {
      if (!view(figure.id)) continue
      const picture = canvas(figure.id)
      picture.className = "printed"
      figure.querySelector(".drawing").before(picture)
    }
  })
  addEventListener("afterprint", () => document.querySelectorAll(".printed").forEach(each => each.remove()))

  document.addEventListener("click", async event => {
    const button = event.target.closest("button"), figure = button?.closest("figure")
    if (!button) return
    const act = button.dataset.act
    if (act == "theme") root.dataset.theme = isDark() ? "light" : "dark"
    if (act == "print") print()
    if (act == "scale") otherScale(figure.id)
    if (act == "csv") save(`${button.dataset.table}.csv`, await csv(button.dataset.table), "text/csv")
    if (act == "svg") save(`${figure.id}.svg`, await svg(figure))
    if (act == "png") save(`${figure.id}.png`, await png(figure))
    if (act == "python") {
      const all = document.getElementById("scripts")
      save(`${figure.id}.py`, all ? JSON.parse(all.textContent)[figure.id] : programs[figure.id], "text/x-python")
    }
  })

  function fit() { // as many columns of a legend as its figure has room for; a mouse zooms a box
    for (const document of window.Bokeh?.documents ?? [])
      for (const model of document.all_models ?? document._all_models.values()) {
        if (model.type == "BoxZoomTool" && matchMedia("(pointer: fine)").matches) model.active = true
        if (model.type != "Figure") continue
        for (const legend of model.above.filter(each => each.type == "Legend")) {
          const longest = Math.max(...legend.items.map(item => String(item.label.value ?? "").length))
          const room = (model.inner_width || innerWidth) / (7 * longest + 34)
          legend.ncols = Math.max(1, Math.min(legend.items.length, Math.floor(room)))
        }
      }
  }
  let resized
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(fit, 200) })
  // --- a page that is computed while it is read ---

  function put(id, text) { // text that scripts of the page read
    document.getElementById(id)?.remove()
    if (text == null) return
    const element = document.createElement("script")
    element.type = "text/plain"; element.id = id; element.textContent = text
    document.body.append(element)
  }

  function show(part) {
    if (part.header != null) { document.getElementById("summary").innerHTML = part.header; return }
    if (part.figure) { around(document.getElementById(part.figure), part.chart); setTimeout(fit, 300); return }
    const section = document.getElementById(part.id)
    section.classList.toggle("busy", Boolean(part.busy))
    if (part.text != null) section.querySelector("p").textContent = part.text
    if (part.busy) return
    section.querySelector(".tables").innerHTML = part.tables
    for (const figure of section.querySelectorAll("figure")) around(figure, part.charts[figure.id])
    setTimeout(fit, 300)
  }

  function around(figure, chart) { // title, text and buttons of a figure; it is hidden where there is no chart
    figure.closest(".card").hidden = !chart
    if (!chart) return
    figure.querySelector("h3").textContent = chart.title
    figure.querySelector(".text").textContent = chart.text
    figure.querySelector(".drawing").setAttribute("aria-label", `${chart.title}. ${chart.text}`)
    figure.querySelector("[data-act=scale]").hidden = !chart.scales
    figure.querySelector("[data-act=csv]").hidden = !chart.table
    figure.querySelector("[data-act=python]").hidden = !chart.program
    put(`table-${figure.id}`, chart.table)
    programs[figure.id] = chart.program
  }

  const programs = {}
  let shown = 0
  function follow() { // parts arrive as rows of a table of the document
    const rows = Bokeh.documents[0].get_model_by_name("parts")
    const read = () => { const all = rows.data instanceof Map ? rows.data.get("part") : rows.data.part
      if (all.length < shown) shown = 0
      for (; shown < all.length; shown++) show(JSON.parse(all[shown])) }
    rows.properties.data.change.connect(read)
    rows.streaming?.connect(read)
    read()
  }

  window.linmem = {csv, svg, png, table, view, fit}
  addEventListener("load", () => {
    const wait = setInterval(() => { // figures have a width some time after they are there
      if (!window.Bokeh) { clearInterval(wait); return }
      if (!Bokeh.documents.length) return
      if (Bokeh.documents[0].get_model_by_name("parts")) { clearInterval(wait); follow() }
      else if (Bokeh.documents[0].roots().every(each => each.children[0]?.inner_width)) { clearInterval(wait); fit() }
    }, 50)
  })
})()
